using System.Text.Json.Nodes;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Axvault.Tests.Harness;
using Axvault.Tests.Harness.Graph;

namespace Axvault.Tests.Graph;

/// <summary>The deployment manifest. Each test publishes it in its own process, with the same arguments as the command in CONTRIBUTING.</summary>
public sealed class ManifestTests
{
    private const string Command = "dotnet run --project Axvault.AppHost -- --publisher manifest --output-path ../aspire-manifest.json";

    [Fact]
    public async Task The_committed_manifest_is_up_to_date()
    {
        var published = await PublishAsync();

        var committed = await File.ReadAllTextAsync(Path.Combine(SourceTree.Root, "aspire-manifest.json"), TestContext.Current.CancellationToken);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(committed), JsonNode.Parse(published)), $"aspire-manifest.json is stale. Run: {Command}");
    }

    [Fact]
    public async Task Two_publications_are_the_same_to_the_byte() => Assert.Equal(await PublishAsync(), await PublishAsync());

    [Theory]
    [InlineData("embedded")]
    [InlineData("external")]
    public async Task A_publication_always_has_the_container(string database)
    {
        var manifest = JsonNode.Parse(await PublishAsync($"--AXVAULT_APPHOST_DATABASE={database}"))!["resources"]!;

        Assert.Equal("container.v0", (string?)manifest["postgres"]!["type"]);
        Assert.Equal("axvault-postgres", (string?)manifest["postgres"]!["volumes"]![0]!["name"]);
    }

    [Fact]
    public async Task The_published_API_listens_on_its_endpoint_port_and_gets_the_connection_string()
    {
        var environment = JsonNode.Parse(await PublishAsync())!["resources"]!["api"]!["env"]!.AsObject();

        Assert.Equal("0.0.0.0", (string?)environment["AXVAULT_HOST"]);
        Assert.Equal("{api.bindings.http.targetPort}", (string?)environment["AXVAULT_PORT"]);
        Assert.Equal("{vaultdb.connectionString}", (string?)environment["ConnectionStrings__vaultdb"]);
        Assert.DoesNotContain(environment, static variable => variable.Key.StartsWith("VAULTDB_", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("ASPNETCORE_FORWARDEDHEADERS_ENABLED", environment);
        Assert.DoesNotContain("AXVAULT_BOOTSTRAP_SECRET_FILE", environment);
    }

    [Fact]
    public async Task The_encryption_key_is_a_secret_that_must_be_given()
    {
        var input = JsonNode.Parse(await PublishAsync())!["resources"]!["encryption-key"]!["inputs"]!["value"]!.AsObject();

        Assert.True((bool?)input["secret"]);
        Assert.DoesNotContain("default", input);
    }

    [Fact]
    public async Task The_published_API_has_its_probes()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Axvault_AppHost>(
            ["--operation", "publish", "--publisher", "manifest"],
            TestContext.Current.CancellationToken
        );

        var probes = builder
            .Resources.Single(static resource => resource.Name == "api")
            .Annotations.OfType<EndpointProbeAnnotation>()
            .ToDictionary(static probe => probe.Type, static probe => probe.Path);

        Assert.Equal("/alive", probes[ProbeType.Liveness]);
        Assert.Equal("/health", probes[ProbeType.Readiness]);
    }

    private static async Task<string> PublishAsync(params string[] arguments)
    {
        using var folder = new TestFolder();
        // The manifest names the projects by paths that are relative to its own folder.
        var file = Path.Combine(folder.Path, "aspire-manifest.json");
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Axvault_AppHost>(
            ["--operation", "publish", "--publisher", "manifest", "--output-path", file, .. arguments],
            TestContext.Current.CancellationToken
        );
        await using var application = await builder.BuildAsync(TestContext.Current.CancellationToken);
        await application.RunAsync(TestContext.Current.CancellationToken);
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!;
        var build = manifest["resources"]!["api"]!["build"]!;
        Assert.Equal(SourceTree.Root, Path.GetFullPath((string)build["context"]!, folder.Path));
        build["context"] = ".";
        build["dockerfile"] = Path.GetRelativePath(SourceTree.Root, Path.GetFullPath((string)build["dockerfile"]!, folder.Path));
        return manifest.ToJsonString();
    }
}
