using System.Net;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Issuer;
using Axvault.Tests.Harness.Servers;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace Axvault.Tests.Federation;

/// <summary>The keys of issuers: fetched once for all servers, bounded, and kept for the time in which the issuer does not answer.</summary>
public sealed class IssuerKeysServerTests(WorkloadFleet fleet, VaultGraph graph) : IClassFixture<WorkloadFleet>
{
    [Fact]
    public async Task A_new_key_is_fetched_once_for_many_tokens_at_every_server()
    {
        await using var issuer = await IssuerAsync("rotating");
        var rule = await fleet.RuleAsync(static body => body["issuer"] = "rotating");
        (await fleet.ExchangeAsync(rule, issuer.Mint(WorkloadFleet.Audience, WorkloadFleet.Subject))).Is(HttpStatusCode.OK);
        var before = issuer.KeyFetches;
        issuer.Rotate(SigningKey.Ec("ec-2"));
        await ForgetAttemptAsync("rotating");

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 12).Select(i => fleet.ExchangeAsync(rule, issuer.Mint(WorkloadFleet.Audience, WorkloadFleet.Subject), i % 3))
        );

        Assert.All(answers, static answer => answer.Is(HttpStatusCode.OK));
        Assert.Equal(before + 1, issuer.KeyFetches);
    }

    [Fact]
    public async Task Unknown_key_ids_lead_to_one_fetch_a_minute()
    {
        await using var issuer = await IssuerAsync("storm");
        var rule = await fleet.RuleAsync(static body => body["issuer"] = "storm");
        await ForgetAttemptAsync("storm");
        var before = issuer.KeyFetches;
        using var stranger = SigningKey.Ec("unknown");

        for (var i = 0; i < 9; i++)
        {
            await DeniedAsync(rule, stranger.Sign(issuer.Claims(WorkloadFleet.Audience, WorkloadFleet.Subject)), "unknown key id", i % 3);
        }

        Assert.Equal(before + 1, issuer.KeyFetches);
        (await fleet.ExchangeAsync(rule, issuer.Mint(WorkloadFleet.Audience, WorkloadFleet.Subject))).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_key_that_the_issuer_has_withdrawn_verifies_nothing_any_more()
    {
        await using var issuer = await IssuerAsync("withdrawn");
        var rule = await fleet.RuleAsync(static body => body["issuer"] = "withdrawn");
        using var old = issuer.Key;
        issuer.Rotate(SigningKey.Ec("ec-2"));
        await ForgetAttemptAsync("withdrawn");
        (await fleet.ExchangeAsync(rule, issuer.Mint(WorkloadFleet.Audience, WorkloadFleet.Subject))).Is(HttpStatusCode.OK);

        foreach (var server in (int[])[0, 1, 2])
        {
            await DeniedAsync(rule, old.Sign(issuer.Claims(WorkloadFleet.Audience, WorkloadFleet.Subject)), "unknown key id", server);
        }
    }

    [Fact]
    public async Task Keys_are_kept_while_the_issuer_does_not_answer()
    {
        await using var issuer = await IssuerAsync("outage");
        var rule = await fleet.RuleAsync(static body => body["issuer"] = "outage");
        issuer.Fault = static context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        // The keys are old, and the last attempt was long ago.
        await ExecuteAsync("update axvault.issuer_key_set set attempted_at = attempted_at - interval '1 hour' where issuer = 'outage'");
        using var stranger = SigningKey.Ec("unknown");
        await DeniedAsync(rule, stranger.Sign(issuer.Claims(WorkloadFleet.Audience, WorkloadFleet.Subject)), "unknown key id");

        await using var another = await VaultServer.StartAsync(
            new ServerSettings(fleet.ConnectionString) { Variables = new Dictionary<string, string> { ["AXVAULT_ISSUER_PRIVATE_HOSTS"] = "127.0.0.1" } }
        );
        (await fleet.ExchangeAsync(rule, issuer.Mint(WorkloadFleet.Audience, WorkloadFleet.Subject))).Is(HttpStatusCode.OK);
        using var anonymous = another.Client(null);
        using var form = new FormUrlEncodedContent(
            new Dictionary<string, string>
            {
                ["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer",
                ["assertion"] = issuer.Mint(WorkloadFleet.Audience, WorkloadFleet.Subject),
                ["client_id"] = rule,
            }
        );
        (await anonymous.SendAsync(HttpMethod.Post, "token", form)).Is(HttpStatusCode.OK);

        var shown = (await fleet.Admin.GetAsync("issuers/outage")).Is(HttpStatusCode.OK).Json;
        Assert.Equal($"{new Uri(issuer.JwksUrl).AbsolutePath} was answered with 500", shown.GetProperty("keysFailure").GetString());
        Assert.Equal("ec-1", Assert.Single(shown.GetProperty("keys").EnumerateArray()).GetProperty("kid").GetString());
        Assert.True(shown.TryGetProperty("keysFetchedAt", out _));
        Assert.True(shown.TryGetProperty("keysFailedAt", out _));
    }

    public static TheoryData<string, string> Answers =>
        new()
        {
            { "large", "has more than 256 KiB" },
            { "endless", "has more than 256 KiB" },
            { "many", "the key set has more than 100 keys" },
            { "redirect", "was answered with 302" },
            { "page", "the key set is not JSON, or has a member twice" },
            { "empty", "the key set has no public key for signatures" },
            { "symmetric", "the key set has a private or symmetric key" },
            { "short", "the key set has no public key for signatures" },
            { "cut", "could not be reached" },
        };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Keys_that_cannot_be_used_are_told_to_the_administrator(string answer, string failure)
    {
        await using var issuer = await TestIssuer.StartAsync();
        issuer.Fault = context => AnswerAsync(context, answer, issuer);
        var name = $"faulty-{answer}";

        (await fleet.Admin.PutAsync($"issuers/{name}", new JsonObject { ["issuer"] = issuer.Identifier }.ToJsonString())).Is(HttpStatusCode.Created);

        var shown = (await fleet.Admin.GetAsync($"issuers/{name}")).Is(HttpStatusCode.OK).Json;
        Assert.Contains(failure, shown.GetProperty("keysFailure").GetString(), StringComparison.Ordinal);
        Assert.False(shown.TryGetProperty("keys", out _));
        Assert.Equal(0, issuer.StrayRequests);
        var rule = await fleet.RuleAsync(body => body["issuer"] = name);
        await DeniedAsync(rule, issuer.Mint(WorkloadFleet.Audience, WorkloadFleet.Subject), "keys unavailable");
    }

    [Fact]
    public async Task An_issuer_that_hangs_blocks_no_request_of_another()
    {
        await using var hanging = await TestIssuer.StartAsync();
        hanging.Fault = static context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        var put = fleet.Admin.PutAsync("issuers/hanging", new JsonObject { ["issuer"] = hanging.Identifier }.ToJsonString());
        await Until.HoldsAsync(() => hanging.KeyFetches > 0, "the server asks for the keys");
        var rule = await fleet.RuleAsync();

        for (var i = 0; i < 10; i++)
        {
            (await fleet.ExchangeAsync(rule, fleet.Token())).Is(HttpStatusCode.OK);
        }

        Assert.False(put.IsCompleted);
        Assert.Contains("did not answer in time", (await put).Is(HttpStatusCode.Created).Json.GetProperty("keysFailure").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_private_address_is_not_fetched_unless_its_host_is_allowed()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString) { Variables = new Dictionary<string, string> { ["AXVAULT_ISSUER_PRIVATE_HOSTS"] = "127.0.0.2" } }
        );
        using var admin = server.Client(server.BootstrapSecret);

        (await admin.PutAsync("issuers/plain", new JsonObject { ["issuer"] = issuer.Identifier }.ToJsonString()))
            .IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        foreach (var host in (string[])["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1", "2130706433"])
        {
            var name = $"private-{Guid.NewGuid():N}";
            var body = new JsonObject { ["issuer"] = $"https://{host}:{new Uri(issuer.Identifier).Port}" };
            var answer = (await admin.PutAsync($"issuers/{name}", body.ToJsonString())).Is(HttpStatusCode.Created).Json;
            Assert.Contains("private address", answer.GetProperty("keysFailure").GetString(), StringComparison.Ordinal);
        }

        Assert.Equal(0, issuer.KeyFetches + issuer.StrayRequests);
    }

    [Theory]
    [InlineData("update axvault.issuer set identifier = 'https://evil.example.com' where name = 'forged'")]
    [InlineData("update axvault.issuer set jwks_url = 'https://evil.example.com/jwks' where name = 'forged'")]
    [InlineData("update axvault.issuer_key_set set key_set = replace(key_set, 'ec-1', 'ec-9') where issuer = 'forged'")]
    [InlineData("update axvault.issuer_key_set set fetched_at = fetched_at + interval '1 minute' where issuer = 'forged'")]
    [InlineData("update axvault.rule set read_access = '{*}' where issuer = 'forged'")]
    [InlineData("update axvault.rule set subject = null where issuer = 'forged'")]
    [InlineData("update axvault.rule set claims = '{}' where issuer = 'forged'")]
    [InlineData("update axvault.rule set audience = 'other' where issuer = 'forged'")]
    public async Task A_row_that_no_server_wrote_gives_no_key(string tampering)
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString) { Variables = new Dictionary<string, string> { ["AXVAULT_ISSUER_PRIVATE_HOSTS"] = "127.0.0.1" } }
        );
        using var admin = server.Client(server.BootstrapSecret);
        (await admin.PutAsync("issuers/forged", new JsonObject { ["issuer"] = issuer.Identifier }.ToJsonString())).Is(HttpStatusCode.Created);
        var body = WorkloadFleet.Rule(static rule =>
            (rule["issuer"], rule["readAccess"], rule["claims"]) = ("forged", new JsonArray("a"), new JsonObject { ["c"] = "d" })
        );
        (await admin.PutAsync("rules/r", body.ToJsonString())).Is(HttpStatusCode.Created);
        var claims = issuer.Claims(WorkloadFleet.Audience, WorkloadFleet.Subject);
        claims["c"] = "d";
        await ExchangeIsAsync(HttpStatusCode.OK);

        await ExecuteAsync(tampering, database.ConnectionString);

        await ExchangeIsAsync(HttpStatusCode.BadRequest);
        // An administrator mends it.
        (await admin.DeleteAsync("issuers/forged")).Is(HttpStatusCode.NoContent);

        async Task ExchangeIsAsync(HttpStatusCode status)
        {
            claims["jti"] = Guid.NewGuid().ToString();
            using var anonymous = server.Client(null);
            using var form = new FormUrlEncodedContent(
                new Dictionary<string, string>
                {
                    ["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer",
                    ["assertion"] = issuer.Key.Sign(claims),
                    ["client_id"] = "r",
                }
            );
            Assert.Equal(status, (await anonymous.SendAsync(HttpMethod.Post, "token", form)).Status);
        }
    }

    private static async Task AnswerAsync(HttpContext context, string answer, TestIssuer issuer)
    {
        switch (answer)
        {
            case "large":
                await context.Response.WriteAsync(new string(' ', (256 * 1024) + 1));
                break;
            case "endless":
                while (!context.RequestAborted.IsCancellationRequested)
                {
                    await context.Response.WriteAsync(new string(' ', 64 * 1024), context.RequestAborted);
                }

                break;
            case "many":
                var keys = new JsonArray([.. Enumerable.Range(0, 101).Select(i => issuer.Key.ToJwk())]);
                await context.Response.WriteAsync(new JsonObject { ["keys"] = keys }.ToJsonString());
                break;
            case "redirect":
                context.Response.Redirect("/elsewhere");
                break;
            case "page":
                await context.Response.WriteAsync("<html>");
                break;
            case "empty":
                await context.Response.WriteAsync("""{"keys":[]}""");
                break;
            case "symmetric":
                await context.Response.WriteAsync("""{"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]}""");
                break;
            case "short":
                using (var key = SigningKey.Rsa("short", bits: 1024))
                {
                    await context.Response.WriteAsync(key.ToJwks().ToJsonString());
                }

                break;
            default:
                context.Abort();
                break;
        }
    }

    private async Task<TestIssuer> IssuerAsync(string name)
    {
        var issuer = await TestIssuer.StartAsync();
        (await fleet.Admin.PutAsync($"issuers/{name}", new JsonObject { ["issuer"] = issuer.Identifier }.ToJsonString())).Is(HttpStatusCode.Created);
        return issuer;
    }

    private async Task DeniedAsync(string rule, string token, string reason, int server = 0)
    {
        Assert.Equal(HttpStatusCode.BadRequest, (await fleet.ExchangeAsync(rule, token, server)).Status);
        Assert.StartsWith($"{reason}: ", (await fleet.AuditedAsync(rule)).GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    // As if the last attempt had been a minute ago.
    private Task ForgetAttemptAsync(string issuer) =>
        ExecuteAsync($"update axvault.issuer_key_set set attempted_at = attempted_at - interval '2 minutes' where issuer = '{issuer}'");

    private Task ExecuteAsync(string sql) => ExecuteAsync(sql, fleet.ConnectionString);

    private static async Task ExecuteAsync(string sql, string connectionString)
    {
        await using var connection = await DatabaseContents.OpenAsync(connectionString);
        await using var command = new NpgsqlCommand(sql, connection);
        Assert.NotEqual(0, await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
    }
}
