using System.Net;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Issuer;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Broker;

/// <summary>The authors of keys and rules that use credentials, and the limits that they hand on.</summary>
public sealed class BrokerRightsServerTests(WorkloadFleet fleet) : IClassFixture<WorkloadFleet>
{
    private static readonly string[] Star = ["*"];

    [Theory]
    [InlineData("""{"name":"k","useAccess":["a"],"tokensPerDay":100,"requestsPerMinute":10}""", true)]
    [InlineData("""{"name":"k","useAccess":["a"],"tokensPerDay":99,"requestsPerMinute":1}""", true)]
    [InlineData("""{"name":"k","useAccess":["a"],"tokensPerDay":101,"requestsPerMinute":10}""", false)]
    [InlineData("""{"name":"k","useAccess":["a"],"tokensPerDay":100,"requestsPerMinute":11}""", false)]
    [InlineData("""{"name":"k","useAccess":["a"],"tokensPerDay":100}""", false)]
    [InlineData("""{"name":"k","useAccess":["a"],"requestsPerMinute":10}""", false)]
    [InlineData("""{"name":"k","useAccess":["a"]}""", false)]
    public async Task A_limited_key_makes_only_keys_within_its_limits(string body, bool may)
    {
        var own = await fleet.Admin.PostAsync(
            "keys",
            new
            {
                name = "limited",
                grantAccess = Star,
                tokensPerDay = 100,
                requestsPerMinute = 10,
            }
        );
        using var limited = fleet.Admin.With(own.Is(HttpStatusCode.Created).Json.GetProperty("secret").GetString());

        Assert.Equal(may ? HttpStatusCode.Created : HttpStatusCode.Forbidden, (await limited.PostAsync("keys", body)).Status);
        // Nor does it raise its own limits.
        var id = own.Json.GetProperty("id").GetString();
        (await limited.PatchAsync($"keys/{id}", """{"tokensPerDay":0}""")).IsForbidden();
        (await limited.PatchAsync($"keys/{id}", """{"requestsPerMinute":11}""")).IsForbidden();
        var rule = Rule("a", node => Copy(node, JsonNode.Parse(body)!));
        Assert.Equal(may ? HttpStatusCode.Created : HttpStatusCode.Forbidden, (await limited.PutAsync($"rules/r{Guid.NewGuid():N}", rule)).Status);
    }

    [Theory]
    [InlineData("team.a", true)]
    [InlineData("team.*", true)]
    [InlineData("team.a.*", true)]
    [InlineData("team*", false)]
    [InlineData("team", false)]
    [InlineData("Team.a", false)]
    [InlineData("*", false)]
    public async Task A_rule_gives_only_the_use_that_its_author_may_grant(string entry, bool may)
    {
        using var team = await fleet.Admin.WithNewKeyAsync(grant: ["team.*"]);
        var name = $"r{Guid.NewGuid():N}";

        Assert.Equal(may ? HttpStatusCode.Created : HttpStatusCode.Forbidden, (await team.PutAsync($"rules/{name}", Rule(entry))).Status);
        if (!may)
        {
            // A rule that gives more is neither seen nor taken over.
            (await fleet.Admin.PutAsync($"rules/{name}", Rule(entry))).Is(HttpStatusCode.Created);
            (await team.GetAsync($"rules/{name}")).IsForbidden();
            (await team.PutAsync($"rules/{name}", Rule("team.a"))).IsForbidden();
            (await team.DeleteAsync($"rules/{name}")).IsForbidden();
        }
    }

    [Fact]
    public async Task The_right_to_read_write_or_use_grants_no_use()
    {
        var own = await fleet.Admin.PostAsync(
            "keys",
            new
            {
                name = "all but grant",
                readAccess = Star,
                writeAccess = Star,
                useAccess = Star,
            }
        );
        using var client = fleet.Admin.With(own.Is(HttpStatusCode.Created).Json.GetProperty("secret").GetString());

        (await client.PostAsync("keys", """{"name":"k","useAccess":["a"]}""")).IsForbidden();
        (await client.PutAsync($"rules/r{Guid.NewGuid():N}", Rule("a"))).IsForbidden();
        (await client.PatchAsync($"keys/{own.Json.GetProperty("id").GetString()}", """{"useAccess":["*","a"]}""")).IsForbidden();
    }

    [Fact]
    public async Task A_key_of_a_rule_has_its_use_and_limits_and_nothing_else()
    {
        var rule = await fleet.RuleAsync(static body =>
        {
            body["readAccess"] = new JsonArray();
            body["useAccess"] = new JsonArray("claude");
            body["tokensPerDay"] = 1000;
            body["requestsPerMinute"] = 2;
        });
        using var key = await fleet.KeyAsync(rule);
        var self = (await key.GetAsync("keys/self")).Is(HttpStatusCode.OK).Json;

        Assert.Equal(["claude"], self.GetProperty("useAccess").EnumerateArray().Select(static entry => entry.GetString()));
        Assert.Equal((1000, 2), (self.GetProperty("tokensPerDay").GetInt32(), self.GetProperty("requestsPerMinute").GetInt32()));
        (await key.GetAsync("credentials/claude")).IsForbidden();

        // All keys of a rule share its limits: another key gives no more calls.
        using var second = await fleet.KeyAsync(rule);
        var statuses = new List<HttpStatusCode>();
        foreach (var client in (VaultClient[])[key, second, key, second])
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = fleet.Servers[0].Address };
            http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {client.Secret}");
            // The credential names no provider, so the call ends before an upstream. It counts none the less, or else as a refusal without use.
            using var answer = await http.PostAsync("broker/claude/v1/messages", new StringContent("{}"), TestContext.Current.CancellationToken);
            statuses.Add(answer.StatusCode);
        }

        Assert.All(statuses, static status => Assert.True(status is HttpStatusCode.BadRequest or HttpStatusCode.TooManyRequests, $"{status}"));
    }

    private static string Rule(string entry, Action<JsonObject>? change = null) =>
        WorkloadFleet
            .Rule(rule =>
            {
                rule["readAccess"] = new JsonArray();
                rule["useAccess"] = new JsonArray(entry);
                change?.Invoke(rule);
            })
            .ToJsonString();

    private static void Copy(JsonObject to, JsonNode from)
    {
        foreach (var member in (string[])["tokensPerDay", "requestsPerMinute"])
        {
            if (from[member] is { } value)
            {
                to[member] = value.DeepClone();
            }
        }
    }
}
