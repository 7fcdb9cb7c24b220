using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Axvault.Api.Startup;
using Axvault.Tests.Harness.Graph;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Axvault.Tests.Deployment;

/// <summary>Checks the variables of a deployment by reading them as the server does.</summary>
internal static class DeployedSettings
{
    /// <summary>Reads <paramref name="variables"/> as the server does, with the files that they name in a temporary folder.</summary>
    /// <param name="variables">The values of the variables by their names.</param>
    /// <param name="files">The contents of the files that the deployment mounts, by their paths.</param>
    public static (AxvaultOptions Options, NpgsqlConnectionStringBuilder Database) Read(
        IReadOnlyDictionary<string, string> variables,
        IReadOnlyDictionary<string, string> files
    )
    {
        Assert.All(variables.Keys, static name => Assert.Contains(AxvaultOptions.AllSettings, setting => setting.Variable == name));
        using var folder = new TestFolder();
        var named = variables.ToDictionary(static variable => variable.Key, static variable => (string?)variable.Value);
        foreach (var (name, path) in variables.Where(static variable => variable.Key.EndsWith("_FILE", StringComparison.Ordinal)))
        {
            Assert.True(files.ContainsKey(path), $"{name} names {path}, which nothing mounts.");
            named[name] = Path.Combine(folder.Path, name);
            File.WriteAllText(named[name]!, files[path]);
        }

        // The settings check reads the certificates, too.
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=axvault", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("axvault.axvault.svc");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        Write("AXVAULT_TLS_CERT_FILE", $"{certificate.ExportCertificatePem()}\n");
        Write("AXVAULT_TLS_KEY_FILE", $"{key.ExportPkcs8PrivateKeyPem()}\n");
        var roots = Path.Combine(folder.Path, "ca.crt");
        File.WriteAllText(roots, certificate.ExportCertificatePem());
        var mounted = files.Keys.FirstOrDefault(path => variables["AXVAULT_DATABASE_URL"].EndsWith($"sslrootcert={path}", StringComparison.Ordinal));
        if (mounted is not null)
        {
            named["AXVAULT_DATABASE_URL"] = variables["AXVAULT_DATABASE_URL"].Replace(mounted, roots, StringComparison.Ordinal);
        }

        var configuration = new ConfigurationBuilder().AddInMemoryCollection(named).Build();
        Assert.True(AxvaultOptions.TryRead(configuration, out var options, out var problems), string.Join('\n', problems));
        var database = new NpgsqlConnectionStringBuilder(options.Database.Address.Reveal());
        database.RootCertificate = mounted ?? database.RootCertificate;
        return (options, database);

        void Write(string name, string content)
        {
            if (named.GetValueOrDefault(name) is { } path)
            {
                File.WriteAllText(path, content);
            }
        }
    }
}
