using System.Net;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Issuer;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Federation;

/// <summary>The authors and the members of rules and issuers, and the test of a token against a rule.</summary>
public sealed class RuleServerTests(WorkloadFleet fleet) : IClassFixture<WorkloadFleet>
{
    public static TheoryData<string, string> WrongMembers =>
        new()
        {
            { "issuer", "\"no such\"" },
            { "issuer", "null" },
            { "audience", "\"\"" },
            { "audience", "null" },
            { "audience", "\"https://kubernetes.default.svc.cluster.local\"" },
            { "subject", "\"*\"" },
            { "subject", "\"repo:*\"" },
            { "subject", "\"repo:octo*\"" },
            { "subject", "\"repo:*/app:ref:refs/heads/main\"" },
            { "subject", "\"repo:octo/app:*:x\"" },
            { "subject", "\"repo:octo/app:**\"" },
            { "subject", "\"spiffe://*\"" },
            { "subject", "\"system:serviceaccount:*\"" },
            { "subject", "\"project_path:*\"" },
            { "subject", "\"\"" },
            { "subject", "null" },
            { "claims", """{"iss":"a"}""" },
            { "claims", """{"aud":"a"}""" },
            { "claims", """{"a":"b*"}""" },
            { "claims", """{"a":[]}""" },
            { "claims", """{"a":{}}""" },
            { "claims", """{"a":null}""" },
            { "claims", """{"":"a"}""" },
            { "events", """[""]""" },
            { "readAccess", """["-"]""" },
            { "ttlSeconds", "59" },
            { "ttlSeconds", "86401" },
            { "maxKeys", "0" },
            { "allowedCidrs", """["10.0.0.0/33"]""" },
        };

    [Theory]
    [MemberData(nameof(WrongMembers))]
    public async Task A_rule_with_a_wrong_member_is_refused_by_its_name(string member, string value)
    {
        var body = WorkloadFleet.Rule(rule => rule[member] = JsonNode.Parse(value));

        (await fleet.Admin.PutAsync("rules/wrong", body.ToJsonString())).IsInvalid(member);
        (await fleet.Admin.GetAsync("rules/wrong")).IsNotFound();
    }

    // A misspelled condition would be none, and the rule would give keys to more workloads.
    [Fact]
    public async Task A_misspelled_member_of_a_rule_or_an_issuer_is_refused()
    {
        var rule = WorkloadFleet.Rule(static rule => rule["claim"] = new JsonObject { ["environment"] = "production" });
        (await fleet.Admin.PutAsync("rules/misspelled", rule.ToJsonString())).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        (await fleet.Admin.GetAsync("rules/misspelled")).IsNotFound();
        const string Issuer = """{"issuer":"https://misspelled.example.com","algorithm":["ES256"]}""";
        (await fleet.Admin.PutAsync("issuers/misspelled", Issuer)).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        (await fleet.Admin.GetAsync("issuers/misspelled")).IsNotFound();
    }

    [Theory]
    [InlineData("""{"issuer":"http://example.com"}""", "issuer")]
    [InlineData("""{"issuer":"https://user@example.com"}""", "issuer")]
    [InlineData("""{"issuer":"https://example.com?a=b"}""", "issuer")]
    [InlineData("""{"issuer":"text"}""", "issuer")]
    [InlineData("""{"jwksUrl":"https://example.com"}""", "issuer")]
    [InlineData("""{"issuer":"a","jwksUrl":"http://example.com"}""", "jwksUrl")]
    [InlineData("""{"issuer":"a","jwksUrl":"https://example.com","jwks":{"keys":[]}}""", "jwks")]
    [InlineData("""{"issuer":"a","jwks":{"keys":[]}}""", "jwks")]
    [InlineData("""{"issuer":"a","jwks":{"keys":[{"kty":"EC","kid":"a","d":"secret"}]}}""", "private")]
    [InlineData("""{"issuer":"https://example.com","algorithms":[]}""", "algorithms")]
    [InlineData("""{"issuer":"https://example.com","algorithms":["HS256"]}""", "algorithms")]
    [InlineData("""{"issuer":"https://example.com","algorithms":["none"]}""", "algorithms")]
    public async Task An_issuer_with_a_wrong_member_is_refused_by_its_name(string body, string member) =>
        (await fleet.Admin.PutAsync("issuers/wrong", body)).IsInvalid(member);

    [Fact]
    public async Task A_second_issuer_with_the_same_identifier_is_refused() =>
        (await fleet.Admin.PutAsync("issuers/second", new JsonObject { ["issuer"] = fleet.Issuer.Identifier }.ToJsonString())).IsInvalid("issuer");

    [Fact]
    public async Task A_rule_gives_only_what_its_author_may_grant()
    {
        using var team = await fleet.Admin.WithNewKeyAsync(grant: ["team.*"]);
        static JsonObject Reads(string entry) => WorkloadFleet.Rule(rule => rule["readAccess"] = new JsonArray(entry));

        (await team.PutAsync("rules/team", Reads("team.a").ToJsonString())).Is(HttpStatusCode.Created);
        (await team.PutAsync("rules/wide", Reads("*").ToJsonString())).IsForbidden();
        (await team.PutAsync("rules/wide", Reads("team*").ToJsonString())).IsForbidden();
        (await team.PutAsync("rules/empty", WorkloadFleet.Rule(static rule => rule["readAccess"] = new JsonArray()).ToJsonString())).IsForbidden();

        // A rule that gives more is neither seen nor taken over.
        (await fleet.Admin.PutAsync("rules/others", Reads("*").ToJsonString())).Is(HttpStatusCode.Created);
        (await team.GetAsync("rules/others")).IsForbidden();
        (await team.GetAsync("rules/missing")).IsForbidden();
        (await team.PutAsync("rules/others", Reads("team.a").ToJsonString())).IsForbidden();
        (await team.DeleteAsync("rules/others")).IsForbidden();
        (await team.DeleteAsync("rules/missing")).IsForbidden();
        (await team.PostAsync("rules/others/test", """{"token":"a.b.c"}""")).IsForbidden();
        var listed = (await team.GetAsync("rules")).Is(HttpStatusCode.OK).Json.GetProperty("rules");
        Assert.Equal(["team"], listed.EnumerateArray().Select(static rule => rule.GetProperty("name").GetString()));
        (await team.DeleteAsync("rules/team")).Is(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task A_bound_key_writes_no_rule_that_outlives_it()
    {
        var expiring = await BoundAsync(new { name = "expiring", grantAccess = (string[])["*"], expiresAt = "2099-01-01T00:00:00Z" });
        var local = await BoundAsync(new { name = "local", grantAccess = (string[])["*"], allowedCidrs = (string[])["127.0.0.0/8"] });
        var body = WorkloadFleet.Rule();

        (await expiring.PutAsync("rules/bound", body.ToJsonString())).IsForbidden();
        (await local.PutAsync("rules/bound", body.ToJsonString())).IsForbidden();
        body["allowedCidrs"] = new JsonArray("127.0.0.1");
        (await local.PutAsync("rules/bound", body.ToJsonString())).Is(HttpStatusCode.Created);
        var issuer = new JsonObject { ["issuer"] = "https://bound.example.com", ["jwks"] = fleet.Issuer.Key.ToJwks() }.ToJsonString();
        (await expiring.PutAsync("issuers/bound", issuer)).IsForbidden();
        (await local.PutAsync("issuers/bound", issuer)).IsForbidden();
        (await local.GetAsync("issuers/ci")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Issuers_are_for_administrators_alone()
    {
        using var team = await fleet.Admin.WithNewKeyAsync(read: ["*"], write: ["*"], grant: ["team.*"]);

        (await team.GetAsync("issuers")).IsForbidden();
        (await team.GetAsync("issuers/ci")).IsForbidden();
        (await team.GetAsync("issuers/missing")).IsForbidden();
        (await team.PutAsync("issuers/team", """{"issuer":"https://example.com"}""")).IsForbidden();
        (await team.DeleteAsync("issuers/ci")).IsForbidden();
        (await fleet.Admin.GetAsync("issuers/missing")).IsNotFound();
        (await fleet.Admin.DeleteAsync("issuers/missing")).IsNotFound();
        (await fleet.Admin.DeleteAsync("issuers/a%20b")).IsNotFound();
        (await fleet.Admin.GetAsync("rules/a%20b")).IsNotFound();
    }

    [Theory]
    [InlineData("""{"subject":"repo:octo/app:ref:refs/heads/main"}""", "No immutable id is bound")]
    [InlineData("""{"subject":"repo:octo/app:*"}""", "The subject ends in *")]
    [InlineData("""{"subject":"project_path:g/p:ref_type:branch:ref:main"}""", "No immutable id is bound")]
    [InlineData("""{"subject":null,"claims":{"job_workflow_ref":"o/r/.github/workflows/w.yml@refs/heads/main"}}""", "No immutable id is bound")]
    [InlineData("""{"subject":null,"claims":{"environment":"production"}}""", "Neither a subject nor an owner is bound")]
    [InlineData("""{"audience":"https://github.com/octo"}""", "The audience is the one that GitHub gives")]
    [InlineData("""{"events":["pull_request_target"]}""", "Pull requests get the keys")]
    [InlineData("""{"grantAccess":["a"]}""", "The keys may make other keys")]
    public async Task A_rule_tells_its_risks(string change, string warning)
    {
        var answer = (await fleet.Admin.PutAsync($"rules/risky-{Guid.NewGuid():N}", Changed(change))).Is(HttpStatusCode.Created).Json;

        Assert.Contains(
            answer.GetProperty("warnings").EnumerateArray(),
            one => one.GetString()!.StartsWith(warning, StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("""{"subject":"repo:octo@1/app@2:ref:refs/heads/main"}""")]
    [InlineData("""{"claims":{"repository_id":"2","repository_owner_id":"1"}}""")]
    [InlineData("""{"subject":null,"claims":{"repository_owner_id":"1","environment":"production"}}""")]
    [InlineData("""{"subject":null,"claims":{"/kubernetes.io/namespace":"agents"}}""")]
    [InlineData("""{"subject":"system:serviceaccount:ci:agents"}""")]
    [InlineData("""{"subject":"spiffe://example.org/ns/ci/sa/agents"}""")]
    public async Task A_rule_without_risks_has_no_warnings(string change)
    {
        var answer = (await fleet.Admin.PutAsync($"rules/safe-{Guid.NewGuid():N}", Changed(change))).Is(HttpStatusCode.Created).Json;

        Assert.False(answer.TryGetProperty("warnings", out _), answer.GetRawText());
    }

    [Fact]
    public async Task A_rule_is_shown_as_it_was_written()
    {
        var body = Changed(
            """{"claims":{"b":["x","y"],"a":1},"events":["push"],"writeAccess":["w"],"ttlSeconds":60,"maxKeys":5,"allowedCidrs":["10.0.0.0/8"]}"""
        );

        var written = (await fleet.Admin.PutAsync("rules/shown", body)).Is(HttpStatusCode.Created);
        var shown = (await fleet.Admin.GetAsync("rules/shown")).Is(HttpStatusCode.OK);

        Assert.Equal(written.Text, shown.Text);
        Assert.Equal("""{"a":["1"],"b":["x","y"]}""", shown.Raw("claims"));
        Assert.Equal(60, shown.Json.GetProperty("ttlSeconds").GetInt32());
        Assert.Equal(5, shown.Json.GetProperty("maxKeys").GetInt32());
        Assert.Equal("""["10.0.0.0/8"]""", shown.Raw("allowedCidrs"));
    }

    [Fact]
    public async Task A_test_tells_every_condition_and_issues_nothing()
    {
        var rule = await fleet.RuleAsync(static body => body["claims"] = new JsonObject { ["environment"] = "prod" });
        var token = fleet.Token(static claims => (claims["aud"], claims["environment"]) = ("other", "prod"));

        var answer = (await fleet.Admin.PostAsync($"rules/{rule}/test", new { token })).Is(HttpStatusCode.OK).Json;

        Assert.False(answer.GetProperty("matches").GetBoolean());
        var checks = answer.GetProperty("checks").EnumerateArray().ToDictionary(static check => check.GetProperty("name").GetString()!);
        Assert.Equal(["audience"], checks.Where(static check => !check.Value.GetProperty("holds").GetBoolean()).Select(static check => check.Key));
        Assert.Equal(WorkloadFleet.Audience, checks["audience"].GetProperty("expected").GetString());
        Assert.Equal("other", checks["audience"].GetProperty("found").GetString());
        Assert.True(checks["claim environment"].GetProperty("holds").GetBoolean());
        Assert.DoesNotContain(token.Split('.')[2], answer.GetRawText(), StringComparison.Ordinal);

        // A token that matches is not used up by the test.
        var good = fleet.Token(static claims => claims["environment"] = "prod");
        Assert.True((await fleet.Admin.PostAsync($"rules/{rule}/test", new { token = good })).Is(HttpStatusCode.OK).Json.GetProperty("matches").GetBoolean());
        (await fleet.ExchangeAsync(rule, good)).Is(HttpStatusCode.OK);
        (await fleet.Admin.PostAsync($"rules/{rule}/test", """{"token":"a.b"}""")).IsInvalid("token");
        (await fleet.Admin.PostAsync($"rules/{rule}/test", "{}")).IsInvalid("token");
    }

    [Fact]
    public async Task No_token_is_stored()
    {
        var rule = await fleet.RuleAsync();
        var token = fleet.Token();
        (await fleet.ExchangeAsync(rule, token)).Is(HttpStatusCode.OK);
        (await fleet.Admin.PostAsync($"rules/{rule}/test", new { token })).Is(HttpStatusCode.OK);

        var contents = await DatabaseContents.ReadAsync(fleet.ConnectionString);

        Assert.All(token.Split('.')[1..], part => Assert.False(contents.Holds(part), part));
    }

    private static string Changed(string change) =>
        WorkloadFleet
            .Rule(rule =>
            {
                foreach (var (name, value) in JsonNode.Parse(change)!.AsObject())
                {
                    rule[name] = value?.DeepClone();
                }
            })
            .ToJsonString();

    private async Task<VaultClient> BoundAsync(object body) =>
        fleet.Admin.With((await fleet.Admin.PostAsync("keys", body)).Is(HttpStatusCode.Created).Json.GetProperty("secret").GetString());
}
