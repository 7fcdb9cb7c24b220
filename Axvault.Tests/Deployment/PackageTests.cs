using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Runtime.InteropServices;
using System.Xml.Linq;
using Axvault.Tests.Conventions;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;

namespace Axvault.Tests.Deployment;

/// <summary>What users get besides the image: the .NET tool from a feed, and the single file. Each is made as the documentation says.</summary>
public sealed class PackageTests(VaultGraph graph)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    // It holds 36 MiB, and 46 when the list of called functions knows none of its functions.
    private const long IdleLimit = 42 * 1024 * 1024;

    private static readonly string Version = XDocument.Load(Path.Combine(SourceTree.Root, "Directory.Build.props")).Descendants("Version").Single().Value;

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task The_tool_is_installed_from_a_feed_serves_and_runs_without_being_installed()
    {
        using var folder = new TestFolder();
        var feed = Path.Combine(folder.Path, "feed");
        await DotnetAsync(folder, "pack", Path.Combine(SourceTree.Root, "Axvault.Api"), "--output", feed, "--artifacts-path", Path.Combine(folder.Path, "artifacts"));

        var package = Assert.Single(Directory.EnumerateFiles(feed));
        Assert.Equal($"Axvault.{Version}.nupkg", Path.GetFileName(package));
        using (var archive = ZipFile.OpenRead(package))
        {
            var files = archive.Entries.Select(static entry => entry.FullName).ToList();
            Assert.Contains("README.md", files);
            Assert.DoesNotContain(files, static file => file.EndsWith(".pdb", StringComparison.Ordinal));
            using var specification = archive.GetEntry("Axvault.nuspec")!.Open();
            var metadata = XDocument.Load(specification).Root!.Elements().Single().Elements().ToDictionary(static element => element.Name.LocalName, static element => element.Value);
            Assert.Equal(("Axvault", "MIT", "README.md"), (metadata["id"], metadata["license"], metadata["readme"]));
        }

        var tools = Path.Combine(folder.Path, "tools");
        await DotnetAsync(folder, "tool", "install", "Axvault", "--version", Version, "--tool-path", tools, "--add-source", feed);
        await ServesAsync(new ProcessStartInfo(Path.Combine(tools, "axvault")));

        var once = new ProcessStartInfo("dotnet", ["dnx", $"Axvault@{Version}", "--yes", "--add-source", feed, "--"]);
        await ServesAsync(Isolate(once, folder, Path.Combine(folder.Path, "packages")));
    }

    [Fact]
    public async Task What_is_published_is_one_file_that_serves_in_an_environment_without_anything()
    {
        Assert.SkipWhen(ServerProgram.PublishedFolder is null, "What is published is not what is tested.");
        using var folder = new TestFolder();
        var file = Assert.Single(Directory.EnumerateFileSystemEntries(ServerProgram.PublishedFolder!));
        Assert.Equal("axvault", Path.GetFileName(file));
        var copy = Path.Combine(folder.Path, "axvault");
        File.Copy(file, copy);

        await ServesAsync(new ProcessStartInfo("env", ["-i", $"AXVAULT_ENCRYPTION_KEY={ServerSettings.DefaultKey}", copy]) { WorkingDirectory = folder.Path });
    }

    [Fact]
    public async Task An_idle_server_holds_little_memory_as_its_code_lies_in_the_order_it_is_called()
    {
        Assert.SkipWhen(ServerProgram.PublishedFolder is null || RuntimeInformation.ProcessArchitecture != Architecture.X64, "What is published for x86-64 is not what is tested.");
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));

        Assert.InRange(server.ResidentBytes, 1, IdleLimit);
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

    // Tools with a folder for packages of their own: what is tested is the feed, not what an earlier run has left.
    private static async Task<string> DotnetAsync(TestFolder folder, params string[] arguments)
    {
        var packages = arguments[0] == "tool"
            ? Path.Combine(folder.Path, "packages")
            : Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
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
