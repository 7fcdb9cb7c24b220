using System.Diagnostics;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Harness.Packages;

/// <summary>
/// A feed with packages of this source tree, and a folder for projects that use them. Packages are installed in a folder of the test's own, so that no
/// earlier build of the same version is used.
/// </summary>
internal sealed class PackageFeed : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    // Packages of the registry need no second download.
    private static readonly string UserPackages =
        Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private readonly TestFolder _folder = new();

    /// <summary>The version of the packages. No user has it installed, unlike that of the tree.</summary>
    public static string Version { get; } = $"{SourceTree.Version}-test";

    /// <summary>The folder of the test.</summary>
    public string Path => _folder.Path;

    /// <summary>The folder of the feed.</summary>
    public string Feed => System.IO.Path.Combine(Path, "feed");

    /// <summary>Adds the package of a project, and returns the path of its file.</summary>
    public async Task<string> PackAsync(string project, string package)
    {
        var source = System.IO.Path.Combine(SourceTree.Root, project);
        string[] output = ["--output", Feed, "--artifacts-path", System.IO.Path.Combine(Path, "artifacts"), $"-p:Version={Version}"];
        await RunAsync(UserPackages, ["pack", source, .. output]);
        var file = System.IO.Path.Combine(Feed, $"{package}.{Version}.nupkg");
        Assert.True(File.Exists(file), string.Join('\n', Directory.EnumerateFiles(Feed)));
        return file;
    }

    /// <summary>Writes the files of a project that restores from the feed, and returns its folder.</summary>
    public string Write(string name, params (string File, string Content)[] files)
    {
        var folder = Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;
        var sources = $"""
            <configuration>
              <packageSources><add key="feed" value="{Feed}" /></packageSources>
              <fallbackPackageFolders><add key="user" value="{UserPackages}" /></fallbackPackageFolders>
            </configuration>
            """;
        foreach (var (file, content) in files.Append(("nuget.config", sources)))
        {
            File.WriteAllText(System.IO.Path.Combine(folder, file), content);
        }

        return folder;
    }

    /// <summary>Runs dotnet, and fails the test when it fails.</summary>
    public Task DotnetAsync(params string[] arguments) => RunAsync(OwnPackages, arguments);

    /// <summary>Returns the start information of dotnet in the folder, without settings and packages of the developer.</summary>
    public ProcessStartInfo StartInfo(params string[] arguments) => StartInfo(OwnPackages, arguments);

    /// <inheritdoc />
    public void Dispose() => _folder.Dispose();

    private string OwnPackages => System.IO.Path.Combine(Path, "packages");

    private ProcessStartInfo StartInfo(string packages, string[] arguments)
    {
        var start = VaultServer.Clean(new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = Path });
        start.Environment["DOTNET_CLI_HOME"] = Path;
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["NUGET_PACKAGES"] = packages;
        return start;
    }

    private async Task RunAsync(string packages, string[] arguments)
    {
        var run = await ProgramRun.ToEndAsync(StartInfo(packages, arguments), Limit);
        Assert.True(run.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}\n{run.Output}\n{run.Errors}");
    }
}
