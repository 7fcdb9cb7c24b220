using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Xml.Linq;
using Axvault.Tests.Harness;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Packages;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Deployment;

/// <summary>
/// The packages besides the image: the .NET tool and the libraries in a feed, and the single file. Each is built as the documentation says.
/// </summary>
public sealed class PackageTests(VaultGraph graph)
{
    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task The_tool_serves_when_installed_from_a_feed_and_when_run_without_installation()
    {
        using var feed = new PackageFeed();
        using (var archive = ZipFile.OpenRead(await feed.PackAsync("Axvault.Api", "Axvault")))
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

        var tools = Path.Combine(feed.Path, "tools");
        await feed.DotnetAsync("tool", "install", "Axvault", "--version", PackageFeed.Version, "--tool-path", tools, "--add-source", feed.Feed);
        await ServesAsync(new ProcessStartInfo(Path.Combine(tools, "axvault")));
        await ServesAsync(feed.StartInfo("dnx", $"Axvault@{PackageFeed.Version}", "--yes", "--add-source", feed.Feed, "--"));
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task An_AppHost_outside_of_the_tree_uses_both_libraries_from_a_feed()
    {
        using var feed = new PackageFeed();
        foreach (var library in (string[])["Axvault.Client", "Axvault.Hosting"])
        {
            using var archive = ZipFile.OpenRead(await feed.PackAsync(library, library));
            var files = archive.Entries.Select(static entry => entry.FullName).ToList();
            Assert.Contains("README.md", files);
            Assert.Contains($"lib/net10.0/{library}.xml", files);
        }

        var project = feed.Write("Scratch.AppHost", ("Scratch.AppHost.csproj", AppHostProject()), ("Program.cs", AppHostProgram));
        var manifest = Path.Combine(feed.Path, "manifest.json");
        await feed.DotnetAsync("run", "--project", project, "--", "--publisher", "manifest", "--output-path", manifest);
        var published = await File.ReadAllTextAsync(manifest, TestContext.Current.CancellationToken);
        Assert.Contains($"axvault:{PackageFeed.Version}", published, StringComparison.Ordinal);

        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var client = server.Client(server.BootstrapSecret);
        (await client.PutCredentialAsync("from.a.feed", """{"apiKey":"sk-from-a-feed"}""")).Is(HttpStatusCode.Created);
        var start = feed.StartInfo(Path.Combine(project, "bin/Debug/net10.0/Scratch.AppHost.dll"), "read");
        start.Environment["AXVAULT_URL"] = server.Address.ToString();
        start.Environment["AXVAULT_API_KEY"] = server.BootstrapSecret;
        var run = await ProgramRun.ToEndAsync(start);
        Assert.Equal((0, "read 14\n", ""), (run.ExitCode, run.Output, run.Errors));
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

    private const string AppHostProgram = """
        using Axvault.Client;

        if (args is ["read"])
        {
            using var connection = AxvaultClient.Connect(AxvaultClientOptions.OfEnvironment());
            Console.WriteLine($"read {(await connection.Client.Credentials.ReadAsync("from.a.feed")).RevealAccessToken().Length}");
            return;
        }

        var builder = DistributedApplication.CreateBuilder(args);
        var login = builder.AddParameter("claude-login", secret: true);
        var vault = builder.AddAxvault("vault").WithCredential("claude.prod", login, agent: "claude");
        builder.AddContainer("web", "web").WithReference(vault).WithAxvaultCredential(vault, "claude.prod", "ANTHROPIC_AUTH_TOKEN");
        builder.Build().Run();
        """;

    // The versions are those of this repository, so that a mirror of the registry has them.
    private static string AppHostProject()
    {
        var aspire = XDocument.Load(Path.Combine(SourceTree.Root, "Directory.Packages.props")).Descendants("AspireVersion").Single().Value;
        var sdk = XDocument.Load(Path.Combine(SourceTree.Root, "Axvault.AppHost", "Axvault.AppHost.csproj")).Root!.Attribute("Sdk")!.Value;
        return $"""
            <Project Sdk="{sdk}">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <NoWarn>$(NoWarn);ASPIRE010</NoWarn>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Aspire.Hosting.AppHost" Version="{aspire}" />
                <PackageReference Include="Axvault.Client" Version="{PackageFeed.Version}" />
                <PackageReference Include="Axvault.Hosting" Version="{PackageFeed.Version}" />
              </ItemGroup>
            </Project>
            """;
    }
}
