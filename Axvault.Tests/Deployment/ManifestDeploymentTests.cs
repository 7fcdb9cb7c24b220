using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Axvault.Api.Startup;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Npgsql;

namespace Axvault.Tests.Deployment;

/// <summary>A deployment of aspire-manifest.json, with processes in place of images. Arguments and environment are those of the manifest.</summary>
public sealed class ManifestDeploymentTests
{
    private static readonly JsonObject Resources = JsonNode.Parse(File.ReadAllText(DeploymentFile.PathOf("aspire-manifest.json")))!["resources"]!.AsObject();

    [Fact]
    public void Every_reference_resolves_to_a_value()
    {
        var values = new ManifestValues(
            Resources,
            new Dictionary<string, string>
            {
                ["encryption-key.inputs.value"] = "a",
                ["postgres-password.inputs.value"] = "b",
                ["postgres.bindings.tcp.host"] = "c",
                ["postgres.bindings.tcp.port"] = "1",
            }
        );

        var references = ManifestValues.ReferencesIn(Resources).Distinct().ToList();

        Assert.Contains("vaultdb.connectionString", references);
        Assert.All(references, reference => Assert.NotEmpty(values.Resolve($"{{{reference}}}")));
        Assert.All(Resources.Where(static resource => (string?)resource.Value!["type"] == "parameter.v0"), static parameter =>
            Assert.True((bool?)parameter.Value!["inputs"]!["value"]!["secret"])
        );
    }

    [Fact]
    public void The_API_is_built_from_the_Containerfile_and_listens_on_its_port()
    {
        var api = Resources["api"]!;
        var containerfile = File.ReadAllText(DeploymentFile.PathOf("Containerfile"));

        Assert.Equal(("container.v1", ".", "Containerfile"), ((string?)api["type"], (string?)api["build"]!["context"], (string?)api["build"]!["dockerfile"]));
        Assert.Contains($"EXPOSE {api["bindings"]!["http"]!["targetPort"]}\n", containerfile, StringComparison.Ordinal);
        Assert.Equal(["serve"], api["args"]!.AsArray().Select(static word => (string?)word));
        Assert.All(
            api["env"]!.AsObject().Select(static variable => variable.Key).Where(static name => name.StartsWith("AXVAULT_", StringComparison.Ordinal)),
            static name => Assert.Contains(AxvaultOptions.AllSettings, setting => setting.Variable == name)
        );
    }

    [Fact]
    public async Task A_deployment_of_the_manifest_stores_a_credential()
    {
        await using var postgres = await PostgresServer.StartNewAsync(TestContext.Current.CancellationToken);
        var superuser = new NpgsqlConnectionStringBuilder(postgres.ConnectionString);
        var port = FreePort.Next();
        var values = new ManifestValues(
            Resources,
            new Dictionary<string, string>
            {
                ["encryption-key.inputs.value"] = ServerSettings.DefaultKey,
                ["postgres-password.inputs.value"] = superuser.Password!,
                ["postgres.bindings.tcp.host"] = superuser.Host!,
                ["postgres.bindings.tcp.port"] = superuser.Port.ToString(CultureInfo.InvariantCulture),
                // A container has all ports for itself. Here the port must be a free one.
                ["api.bindings.http.targetPort"] = port.ToString(CultureInfo.InvariantCulture),
            }
        );

        // Create the database as the PostgreSQL image does from its environment.
        var environment = Resources["postgres"]!["env"]!.AsObject();
        Assert.Equal(
            (superuser.Username, superuser.Password),
            (values.Resolve((string)environment["POSTGRES_USER"]!), values.Resolve((string)environment["POSTGRES_PASSWORD"]!))
        );
        await DatabaseContents.ExecuteAsync(postgres.ConnectionString, $"create database \"{values.Resolve((string)environment["POSTGRES_DB"]!)}\"");

        var api = Resources["api"]!;
        var start = VaultServer.StartInfo(api["args"]!.AsArray().Select(word => values.Resolve((string)word!)));
        foreach (var (name, value) in api["env"]!.AsObject())
        {
            start.Environment[name] = values.Resolve((string)value!);
        }

        await using var server = await VaultServer.StartAsync(start, port, ServerSettings.DefaultKey, superuser.Password!);
        using var client = server.Client(server.BootstrapSecret);
        (await client.PutCredentialAsync("of.the.manifest", """{"apiKey":"sk-of-the-manifest"}""")).Is(HttpStatusCode.Created);
        Assert.Equal("sk-of-the-manifest", (await client.GetAsync("credentials/of.the.manifest")).Json.GetProperty("data").GetProperty("apiKey").GetString());
        Assert.Equal(0, await server.StopAsync());
    }
}
