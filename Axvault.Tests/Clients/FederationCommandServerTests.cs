using System.Text.Json;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness;
using Axvault.Tests.Harness.Issuer;
using Axvault.Tests.Harness.Leaks;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Clients;

/// <summary><c>axvault rules</c> and <c>axvault issuers</c>.</summary>
public sealed class FederationCommandServerTests(WorkloadFleet fleet) : IClassFixture<WorkloadFleet>
{
    /// <summary>The shipped rules.</summary>
    public static TheoryData<string> ShippedRules =>
        [.. Directory.EnumerateFiles(Shipped, "*.rule.json").Select(static path => Path.GetFileName(path)!)];

    private static string Shipped => Path.Combine(SourceTree.Root, "deploy", "workload-identity");

    [Fact]
    public async Task A_rule_is_put_listed_shown_and_removed()
    {
        using var user = User();
        var name = $"rule-{Guid.NewGuid():N}";
        var body = WorkloadFleet.Rule(static rule => (rule["writeAccess"], rule["ttlSeconds"]) = (new JsonArray("claude.ci"), 900));

        var put = await user.RunAsync(body.ToJsonString(), ["rules", "put", name]);
        Assert.True(put.ExitCode == 0, put.Errors);
        AssertHas(body, put.Output);
        var replaced = await user.RunAsync("rules", "put", name, "--file", user.Write("rule.json", body.ToJsonString()));
        Assert.Equal((0, put.Output), (replaced.ExitCode, replaced.Output));

        var listed = await user.RunAsync("rules", "list");
        Assert.Contains($"{name}\tci\t{WorkloadFleet.Subject}\t*\tclaude.ci\t–\t–", listed.Output.Split('\n'));
        var json = await user.RunAsync("rules", "list", "--json");
        AssertHas(body, JsonNode.Parse(json.Output)!.AsArray().Single(rule => (string?)rule!["name"] == name)!.ToJsonString());
        Assert.Equal((0, put.Output), Told(await user.RunAsync("rules", "show", name)));
        Assert.Equal((0, put.Output), Told(await user.RunAsync("rules", "show", name, "--json")));

        // The output of show can be put again.
        Assert.Equal((0, put.Output), Told(await user.RunAsync(put.Output, ["rules", "put", name])));

        Assert.Equal((2, ""), Told(await user.RunAsync("rules", "rm", name)));
        Assert.Equal((0, $"Deleted {name}.\n"), Told(await user.RunAsync("rules", "rm", name, "--yes")));
        Assert.Equal((6, ""), Told(await user.RunAsync("rules", "show", name)));
        Assert.Equal((6, ""), Told(await user.RunAsync("rules", "rm", name, "--yes", "--json")));
    }

    [Fact]
    public async Task An_issuer_is_put_listed_shown_and_removed()
    {
        using var user = User();
        using var key = SigningKey.Ec("key-of-put");
        var name = $"issuer-{Guid.NewGuid():N}";
        var body = new JsonObject { ["issuer"] = $"https://{name}.example.com", ["jwks"] = key.ToJwks() };

        var put = await user.RunAsync(body.ToJsonString(), ["issuers", "put", name]);
        Assert.True(put.ExitCode == 0, put.Errors);
        AssertHas(body, put.Output);
        Assert.Contains("key-of-put", put.Output, StringComparison.Ordinal);

        var row = (await user.RunAsync("issuers", "list")).Output.Split('\n').Single(line => line.StartsWith($"{name}\t", StringComparison.Ordinal));
        Assert.Equal([$"https://{name}.example.com", "inline"], row.Split('\t')[1..3]);
        var json = await user.RunAsync("issuers", "list", "--json");
        AssertHas(body, JsonNode.Parse(json.Output)!.AsArray().Single(issuer => (string?)issuer!["name"] == name)!.ToJsonString());
        Assert.Equal((0, put.Output), Told(await user.RunAsync("issuers", "show", name)));

        Assert.Equal((2, ""), Told(await user.RunAsync("issuers", "rm", name)));
        Assert.Equal((0, ""), Told(await user.RunAsync("issuers", "rm", name, "--yes", "--json")));
        Assert.Equal((6, ""), Told(await user.RunAsync("issuers", "show", name)));
    }

    [Fact]
    public async Task A_test_tells_each_condition_and_its_exit_code_the_result()
    {
        using var user = User();
        var rule = await fleet.RuleAsync();
        var token = Secret(fleet.Token());

        var matching = await user.RunAsync(token, ["rules", "test", rule, "--token-file", "-"]);
        Assert.Equal((0, ""), (matching.ExitCode, matching.Errors));
        var conditions = matching.Output.TrimEnd().Split('\n').Select(static line => line.Split('\t')).ToList();
        Assert.All(conditions, static condition => Assert.Equal("yes", condition[1]));
        Assert.Contains(conditions, static condition => condition is ["subject", _, WorkloadFleet.Subject, WorkloadFleet.Subject, _]);

        var other = user.Write("other", Secret(fleet.Token(static claims => claims["sub"] = "repo:octo/other:ref:refs/heads/main")));
        var failing = await user.RunAsync("rules", "test", rule, "--token-file", other);
        Assert.Equal((1, ""), (failing.ExitCode, failing.Errors));
        Assert.Contains($"subject\tno\t{WorkloadFleet.Subject}\trepo:octo/other:ref:refs/heads/main\t", failing.Output, StringComparison.Ordinal);

        var json = await user.RunAsync("rules", "test", rule, "--token-file", other, "--json");
        Assert.Equal((1, ""), (json.ExitCode, json.Errors));
        using var result = JsonDocument.Parse(json.Output);
        Assert.False(result.RootElement.GetProperty("matches").GetBoolean());

        // Nothing was issued, and the token can still be used.
        using var issued = await fleet.KeyAsync(rule, token);
    }

    [Theory]
    [MemberData(nameof(ShippedRules))]
    public async Task A_shipped_rule_is_taken_as_it_is(string file)
    {
        using var user = User();
        var rule = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Shipped, file), TestContext.Current.CancellationToken))!.AsObject();
        rule["issuer"] = "ci";

        var made = await user.RunAsync(rule.ToJsonString(), ["rules", "put", file]);

        Assert.True(made.ExitCode == 0, made.Errors);
        var byHand = await fleet.Admin.PutAsync($"rules/{file}", rule.ToJsonString());
        Assert.True(
            JsonNode.DeepEquals(JsonNode.Parse(made.Output)!["claims"], JsonNode.Parse(byHand.Text)!["claims"]),
            $"{made.Output}\n{byHand.Text}"
        );
    }

    [Theory]
    [InlineData("rules", """{"issuer":"ci","audience":"a","subject":"s","claim":{"repository_id":"1"}}""", "claim")]
    [InlineData("rules", """{"issuer":"ci","audience":"a","subject":"s","ttlSeconds":"soon"}""", "ttlSeconds")]
    [InlineData("rules", """{"audience":"a","subject":"s"}""", "issuer")]
    [InlineData("rules", """[]""", "JSON")]
    [InlineData("issuers", """{"issuer":"https://x.example.com","jwk":{}}""", "jwk")]
    [InlineData("issuers", "issuer: https://x.example.com", "not JSON")]
    public async Task A_member_that_is_not_known_is_refused_and_nothing_is_made(string noun, string body, string told)
    {
        using var user = User();
        var name = $"refused-{Guid.NewGuid():N}";

        var run = await user.RunAsync(body, [noun, "put", name]);

        Assert.Equal((2, ""), Told(run));
        Assert.Contains(told, run.Errors, StringComparison.Ordinal);
        (await fleet.Admin.GetAsync($"{noun}/{name}")).IsNotFound();
    }

    private ClientProgram User() => new(fleet.Servers[0], fleet.Servers[0].BootstrapSecret);

    private static (int, string) Told(ProgramRun run) => (run.ExitCode, run.Output);

    private static string Secret(string token)
    {
        LeakWatch.Secrets.Add(token, SecretKind.SentKey);
        return token;
    }

    // Each member of the expected object is in the printed one.
    private static void AssertHas(JsonObject expected, string printed)
    {
        var actual = JsonNode.Parse(printed)!;
        Assert.All(expected, member => Assert.True(JsonNode.DeepEquals(member.Value, actual[member.Key]), $"{member.Key} in {printed}"));
    }
}
