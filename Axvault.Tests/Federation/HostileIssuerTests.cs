using System.Net;
using System.Text.Json.Nodes;
using Axvault.Api.Federation;
using Axvault.Api.Federation.KeySets;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Issuer;
using Axvault.Tests.Harness.Servers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Axvault.Tests.Federation;

/// <summary>Key sets and addresses of an issuer that means harm.</summary>
public sealed class HostileIssuerTests(WorkloadFleet fleet, VaultGraph graph) : IClassFixture<WorkloadFleet>
{
    [Theory]
    [InlineData("kid")]
    [InlineData("crv")]
    [InlineData("alg")]
    public async Task Half_a_surrogate_pair_in_a_key_set_is_told_to_the_administrator(string member)
    {
        await using var issuer = await TestIssuer.StartAsync();
        var key = issuer.Key.ToJwk();
        key[member] = "HALF";
        var keys = new JsonObject { ["keys"] = new JsonArray(key) }.ToJsonString().Replace("HALF", "\\ud800", StringComparison.Ordinal);
        issuer.Fault = context => context.Response.WriteAsync(keys);

        (await fleet.Admin.PutAsync("issuers/half", $$$"""{"issuer":"https://half.example.com","jwks":{{{keys}}}}""")).IsInvalid("jwks");
        var put = await fleet.Admin.PutAsync($"issuers/half-{member}", new JsonObject { ["issuer"] = issuer.Identifier }.ToJsonString());
        Assert.StartsWith("the key set is not JSON", put.Json.GetProperty("keysFailure").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("[null,{},[\"verify\"]]")]
    public async Task Key_operations_that_are_no_texts_are_told_to_the_administrator(string operations)
    {
        await using var issuer = await TestIssuer.StartAsync();
        var key = issuer.Key.ToJwk();
        key["key_ops"] = JsonNode.Parse(operations);
        var keys = new JsonObject { ["keys"] = new JsonArray(key) }.ToJsonString();
        issuer.Fault = context => context.Response.WriteAsync(keys);

        (await fleet.Admin.PutAsync("issuers/ops", $$$"""{"issuer":"https://ops.example.com","jwks":{{{keys}}}}""")).IsInvalid("jwks");
        var put = await fleet.Admin.PutAsync($"issuers/ops-{operations.Length}", new JsonObject { ["issuer"] = issuer.Identifier }.ToJsonString());
        Assert.StartsWith("the key set has no public key for signatures", put.Json.GetProperty("keysFailure").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_a_surrogate_pair_in_a_rule_is_refused() =>
        (await fleet.Admin.PutAsync("rules/half", """{"issuer":"ci","audience":"a","subject":"a:b","claims":{"c":"\ud800"},"readAccess":["a"]}""")).IsInvalid(
            "claims"
        );

    [Fact]
    public async Task Zeros_in_front_make_no_short_key_long()
    {
        using var weak = SigningKey.Rsa("weak", bits: 1024);
        var key = weak.ToJwk();
        key["n"] = SigningKey.Encode([.. new byte[128], .. Convert.FromBase64String($"{((string)key["n"]!).Replace('-', '+').Replace('_', '/')}=")]);
        var body = new JsonObject { ["issuer"] = "https://weak.example.com", ["jwks"] = new JsonObject { ["keys"] = new JsonArray(key) } };

        (await fleet.Admin.PutAsync("issuers/weak", body.ToJsonString())).IsInvalid("jwks");
    }

    [Fact]
    public async Task A_discovered_address_has_a_bounded_length()
    {
        await using var issuer = await TestIssuer.StartAsync();
        issuer.JwksUri = $"{issuer.JwksUrl}/{new string('a', 100_000)}";

        var put = (await fleet.Admin.PutAsync("issuers/long", new JsonObject { ["issuer"] = issuer.Identifier }.ToJsonString())).Is(HttpStatusCode.Created);

        Assert.Equal(
            "the URL of the keys must be an https URL of at most 512 characters, without user and fragment",
            put.Json.GetProperty("keysFailure").GetString()
        );
        Assert.Equal(0, issuer.KeyFetches);
    }

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("[fd00::1]")]
    [InlineData("[::ffff:10.0.0.1]")]
    [InlineData("0.0.0.0")]
    public async Task A_private_address_is_not_asked_of_a_proxy_either(string host)
    {
        await using var proxy = await TestIssuer.StartAsync();
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString) { Variables = new Dictionary<string, string> { ["HTTPS_PROXY"] = proxy.Identifier } }
        );
        using var admin = server.Client(server.BootstrapSecret);

        var put = (await admin.PutAsync("issuers/private", new JsonObject { ["issuer"] = $"https://{host}" }.ToJsonString())).Is(HttpStatusCode.Created);

        Assert.Contains("private address", put.Json.GetProperty("keysFailure").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, proxy.KeyFetches + proxy.StrayRequests);
    }

    // An exchange may have read the issuer before its change. A fetch from the former address would give it the former keys.
    [Fact]
    public async Task A_fetch_is_claimed_only_for_the_issuer_as_it_is_now()
    {
        using var key = SigningKey.Ec();
        string Body(string algorithm) =>
            new JsonObject
            {
                ["issuer"] = "https://moved.example.com",
                ["jwks"] = key.ToJwks(),
                ["algorithms"] = new JsonArray(algorithm),
            }.ToJsonString();
        await using var database = NpgsqlDataSource.Create(fleet.ConnectionString);
        var rows = new SealedRowStore(await VaultInsider.OpenAsync(fleet.ConnectionString), NullLogger<SealedRowStore>.Instance);
        var store = new KeySetStore(database, rows);
        (await fleet.Admin.PutAsync("issuers/moved", Body("ES256"))).Is(HttpStatusCode.Created);
        var former = await WrittenByAsync();
        (await fleet.Admin.PutAsync("issuers/moved", Body("ES384"))).Is(HttpStatusCode.OK);

        Assert.Null(await store.TryClaimAsync("moved", former, TestContext.Current.CancellationToken));
        Assert.NotNull(await store.TryClaimAsync("moved", await WrittenByAsync(), TestContext.Current.CancellationToken));

        async Task<uint> WrittenByAsync()
        {
            await using var command = database.CreateCommand("select xmin from axvault.issuer where name = 'moved'");
            return (uint)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
        }
    }
}
