using System.Text.Json.Nodes;
using Aspire.Hosting;
using Axvault.Tests.Harness;
using Axvault.Tests.Harness.Graph;

namespace Axvault.Tests.Hosting;

/// <summary>The deployment manifest of an AppHost with a vault.</summary>
public sealed class VaultManifestTests
{
    [Fact]
    public async Task A_published_vault_is_a_container_with_its_database()
    {
        var resources = await PublishAsync(static builder => builder.AddAxvault("vault", "axvault"));

        var vault = resources["vault"]!;
        Assert.Equal(("container.v0", $"axvault:{SourceTree.Version}"), ((string?)vault["type"], (string?)vault["image"]));
        Assert.Equal("{vault-database.connectionString}", (string?)vault["env"]!["ConnectionStrings__vaultdb"]);
        Assert.Equal("{vault-encryption-key.value}", (string?)vault["env"]!["AXVAULT_ENCRYPTION_KEY"]);
        Assert.Equal("{vault.bindings.http.targetPort}", (string?)vault["env"]!["AXVAULT_PORT"]);
        Assert.DoesNotContain("AXVAULT_BOOTSTRAP_SECRET_FILE", vault["env"]!.AsObject());
        Assert.Equal("axvault", (string?)resources["vault-postgres"]!["env"]!["POSTGRES_DB"]);
        var input = resources["vault-encryption-key"]!["inputs"]!["value"]!.AsObject();
        Assert.True((bool?)input["secret"]);
        Assert.DoesNotContain("default", input);
    }

    [Fact]
    public async Task A_published_project_gets_parameters_in_place_of_a_key_and_a_token()
    {
        var resources = await PublishAsync(static builder =>
        {
            var vault = builder.AddAxvault("vault").WithCredential("claude.prod", builder.AddParameter("login", secret: true));
            builder.AddContainer("web", "web").WithReference(vault).WithAxvaultCredential(vault, "claude.prod", "ANTHROPIC_AUTH_TOKEN");
        });

        var variables = resources["web"]!["env"]!.AsObject();
        Assert.Equal(
            ["ANTHROPIC_AUTH_TOKEN", "ConnectionStrings__vault", "VAULT_KEY", "VAULT_URI"],
            variables.Select(static variable => variable.Key).Order(StringComparer.Ordinal)
        );
        Assert.Equal("{web-vault.connectionString}", (string?)variables["ConnectionStrings__vault"]);
        Assert.Equal("Endpoint={vault.bindings.http.url};Key={web-vault-key.value}", (string?)resources["web-vault"]!["connectionString"]);
        Assert.Equal("{web-anthropic-auth-token.value}", (string?)variables["ANTHROPIC_AUTH_TOKEN"]);
        Assert.All(
            (string[])["web-vault-key", "web-anthropic-auth-token"],
            parameter => Assert.True((bool?)resources[parameter]!["inputs"]!["value"]!["secret"])
        );
    }

    private static async Task<JsonObject> PublishAsync(Action<IDistributedApplicationBuilder> add)
    {
        using var folder = new TestFolder();
        var file = Path.Combine(folder.Path, "manifest.json");
        var builder = DistributedApplication.CreateBuilder(["--operation", "publish", "--publisher", "manifest", "--output-path", file]);
        add(builder);
        await using var application = builder.Build();
        await application.RunAsync(TestContext.Current.CancellationToken);
        return JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!["resources"]!.AsObject();
    }
}
