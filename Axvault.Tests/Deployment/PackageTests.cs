using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Xml.Linq;
using Axvault.Tests.Harness;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Deployment;

/// <summary>The packages besides the image: the .NET tool in a feed, and the single file. Each is built as the documentation says.</summary>
public sealed class PackageTests(VaultGraph graph)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    private static readonly string Version = XDocument.Load(Path.Combine(SourceTree.Root, "Directory.Build.props")).Descendants("Version").Single().Value;

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task The_tool_serves_when_installed_from_a_feed_and_when_run_without_installation()
    {
        using var folder = new TestFolder();
        var feed = Path.Combine(folder.Path, "feed");
        await DotnetAsync(
            folder,
            "pack",
            Path.Combine(SourceTree.Root, "Axvault.Api"),
            "--output",
            feed,
            "--artifacts-path",
            Path.Combine(folder.Path, "artifacts")
        );

        var package = Assert.Single(Directory.EnumerateFiles(feed));
        Assert.Equal($"Axvault.{Version}.nupkg", Path.GetFileName(package));
        using (var archive = ZipFile.OpenRead(package))
        {
            var files = archive.Entries.Select(static entry => entry.FullName).ToList();
            Assert.Contains("README.md", files);
            Assert.DoesNotContain(files, static file => file.EndsWith(".pdb", StringComparison.Ordinal));
            using var specification = archive.GetEntry("Axvault.nuspec")!.Open();
            var metadata = XDocument
                .Load(specification)
                .Root!.Elements()
                .Single()
                .Elements()
                .ToDictionary(static element => element.Name.LocalName, static element => element.Value);
            Assert.Equal(("Axvault", "MIT", "README.md"), (metadata["id"], metadata["license"], metadata["readme"]));
        }

        var tools = Path.Combine(folder.Path, "tools");
        await DotnetAsync(folder, "tool", "install", "Axvault", "--version", Version, "--tool-path", tools, "--add-source", feed);
        await ServesAsync(new ProcessStartInfo(Path.Combine(tools, "axvault")));

        var once = new ProcessStartInfo("dotnet", ["dnx", $"Axvault@{Version}", "--yes", "--add-source", feed, "--"]);
        await ServesAsync(Isolate(once, folder, Path.Combine(folder.Path, "packages")));
    }

    [Fact]
    public async Task The_published_single_file_serves_in_an_empty_environment()
    {
        Assert.SkipWhen(ServerProgram.PublishedFolder is null, "The tests do not run the published program.");
        using var folder = new TestFolder();
        var file = Assert.Single(Directory.EnumerateFileSystemEntries(ServerProgram.PublishedFolder!));
        Assert.Equal("axvault", Path.GetFileName(file));
        var copy = Path.Combine(folder.Path, "axvault");
        File.Copy(file, copy);

        await ServesAsync(new ProcessStartInfo("env", ["-i", $"AXVAULT_ENCRYPTION_KEY={ServerSettings.DefaultKey}", copy]) { WorkingDirectory = folder.Path });
    }

    private async Task ServesAsync(ProcessStartInfo start)
    {
        await using var database = await graph.CreateDatabaseAsync();
        var port = FreePort.Next();
        VaultServer.Clean(start).Environment["AXVAULT_ENCRYPTION_KEY"] = ServerSettings.DefaultKey;
        foreach (var word in (string[])["serve", "--port", port.ToString(CultureInfo.InvariantCulture), "--database-url", database.ConnectionString])
        {
            start.ArgumentList.Add(word);
        }

        await using var server = await VaultServer.StartAsync(start, port, ServerSettings.DefaultKey);
        using var client = server.Client(server.BootstrapSecret);
        (await client.PutCredentialAsync("of.a.package")).Is(HttpStatusCode.Created);
        (await client.GetAsync("credentials/of.a.package")).Is(HttpStatusCode.OK);
        Assert.Equal(0, await server.StopAsync());
    }

    private static ProcessStartInfo Isolate(ProcessStartInfo start, TestFolder folder, string packages)
    {
        VaultServer.Clean(start).WorkingDirectory = folder.Path;
        start.Environment["DOTNET_CLI_HOME"] = folder.Path;
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["NUGET_PACKAGES"] = packages;
        return start;
    }

    // Tools get a new package folder, so that the test uses the feed and not the packages of an earlier run.
    private static async Task<string> DotnetAsync(TestFolder folder, params string[] arguments)
    {
        var packages =
            arguments[0] == "tool"
                ? Path.Combine(folder.Path, "packages")
                : Environment.GetEnvironmentVariable("NUGET_PACKAGES")
                    ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var start = Isolate(new ProcessStartInfo("dotnet", arguments), folder, packages);
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}\n{await output}\n{await errors}");
            return await output;
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
