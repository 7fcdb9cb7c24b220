using Axvault.Api.Configuration;
using Axvault.Tests.Graph;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Axvault.Tests.Deployment;

/// <summary>The variables that a deployment gives to the server, held against the server's own reading of them.</summary>
internal static class DeployedSettings
{
    /// <summary>Reads <paramref name="variables"/> as the server does, with the files that they name in a folder of the test's own.</summary>
    /// <param name="variables">The variables.</param>
    /// <param name="files">The files that the deployment mounts, by their path, with what is in them.</param>
    public static (AxvaultOptions Options, NpgsqlConnectionStringBuilder Database) Read(IReadOnlyDictionary<string, string> variables, IReadOnlyDictionary<string, string> files)
    {
        Assert.All(variables.Keys, static name => Assert.Contains(Setting.All, setting => setting.Variable == name));
        using var folder = new TestFolder();
        var named = variables.ToDictionary(static variable => variable.Key, static variable => (string?)variable.Value);
        foreach (var (name, path) in variables.Where(static variable => variable.Key.EndsWith("_FILE", StringComparison.Ordinal)))
        {
            Assert.True(files.ContainsKey(path), $"{name} names {path}, which nothing mounts.");
            named[name] = Path.Combine(folder.Path, name);
            File.WriteAllText(named[name]!, files[path]);
        }

        var configuration = new ConfigurationBuilder().AddInMemoryCollection(named).Build();
        Assert.True(AxvaultOptionsReader.TryRead(configuration, out var options, out var problems), string.Join('\n', problems));
        return (options, new NpgsqlConnectionStringBuilder(options.Database.Reveal()));
    }
}
