using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Issuer;

namespace Axvault.Tests.Federation;

/// <summary>The ways in which trust in tokens goes wrong: each is refused with the one opaque answer, and told in the audit log.</summary>
public sealed class TokenPitfallTests(WorkloadFleet fleet) : IClassFixture<WorkloadFleet>
{
    private SigningKey Key => fleet.Issuer.Key;

    public static TheoryData<string, Action<JsonObject>> WrongClaims =>
        new()
        {
            { "audience", static claims => claims["aud"] = "https://vault.example.com/" },
            { "audience", static claims => claims["aud"] = "https://VAULT.example.com" },
            { "audience", static claims => claims["aud"] = new JsonArray("https://other.example.com") },
            { "audience", static claims => claims["aud"] = new JsonArray() },
            { "malformed token", static claims => claims["aud"] = new JsonArray(WorkloadFleet.Audience, 1) },
            { "malformed token", static claims => claims["aud"] = new JsonObject { [WorkloadFleet.Audience] = true } },
            { "audience", static claims => claims.Remove("aud") },
            { "audience", static claims => (claims["azp"], claims["aud"]) = (WorkloadFleet.Audience, "other") },
            { "subject", static claims => claims["sub"] = "repo:octo/app:ref:refs/heads/main2" },
            { "subject", static claims => claims["sub"] = "repo:octo/app:ref:refs/heads/mai" },
            { "subject", static claims => claims["sub"] = "REPO:octo/app:ref:refs/heads/main" },
            { "subject", static claims => claims["sub"] = "repo:octo/app:pull_request" },
            { "malformed token", static claims => claims["sub"] = new JsonArray(WorkloadFleet.Subject) },
            { "subject", static claims => claims.Remove("sub") },
            { "issuer", static claims => claims["iss"] = "https://token.actions.githubusercontent.com" },
            { "issuer", static claims => claims["iss"] = $"{claims["iss"]}/" },
            { "issuer", static claims => claims.Remove("iss") },
            { "expired", static claims => claims["exp"] = Now - 600 },
            { "no expiry", static claims => claims.Remove("exp") },
            { "malformed token", static claims => claims["exp"] = $"{Now + 300}" },
            { "malformed token", static claims => claims["exp"] = 1e300 },
            { "malformed token", static claims => claims["iat"] = "now" },
            { "malformed token", static claims => claims["jti"] = 1 },
            { "malformed token", static claims => claims["sub"] = "repo:octo/app\u0000" },
            { "no time of issue", static claims => claims.Remove("iat") },
            { "issued too long ago", static claims => claims["iat"] = Now - 4200 },
            { "issued in the future", static claims => claims["iat"] = Now + 600 },
            { "not yet valid", static claims => claims["nbf"] = Now + 600 },
            { "event", static claims => claims["event_name"] = "pull_request" },
            { "event", static claims => claims["event_name"] = "pull_request_target" },
        };

    public static TheoryData<string, JsonObject> WrongHeaders =>
        new()
        {
            { "algorithm", new JsonObject { ["alg"] = "none" } },
            { "algorithm", new JsonObject { ["alg"] = "None" } },
            { "algorithm", new JsonObject { ["alg"] = "HS256" } },
            { "algorithm", new JsonObject { ["alg"] = "es256" } },
            { "algorithm", new JsonObject { ["alg"] = null } },
            { "unknown key id", new JsonObject { ["alg"] = "RS256" } },
            { "unknown key id", new JsonObject { ["alg"] = "ES384" } },
            { "critical extension", new JsonObject { ["crit"] = new JsonArray("b64"), ["b64"] = false } },
            { "critical extension", new JsonObject { ["crit"] = new JsonArray("exp") } },
            { "critical extension", new JsonObject { ["crit"] = new JsonArray() } },
            { "no key id", new JsonObject { ["kid"] = null } },
            { "no key id", new JsonObject { ["kid"] = "" } },
            { "type", new JsonObject { ["typ"] = "logout+jwt" } },
            { "type", new JsonObject { ["typ"] = "dpop+jwt" } },
        };

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    [Theory]
    [MemberData(nameof(WrongClaims), DisableDiscoveryEnumeration = true)]
    public async Task A_token_with_a_wrong_claim_is_denied(string reason, Action<JsonObject> change) =>
        await fleet.IsDeniedAsync(await fleet.RuleAsync(), fleet.Token(change), reason);

    [Theory]
    [MemberData(nameof(WrongHeaders), DisableDiscoveryEnumeration = true)]
    public async Task A_token_with_a_wrong_header_is_denied(string reason, JsonObject header) =>
        await fleet.IsDeniedAsync(
            await fleet.RuleAsync(),
            Key.Sign(fleet.Issuer.Claims(WorkloadFleet.Audience, WorkloadFleet.Subject), (JsonObject)header.DeepClone()),
            reason
        );

    [Fact]
    public async Task An_audience_is_taken_as_a_text_and_in_an_array()
    {
        var rule = await fleet.RuleAsync();

        (await fleet.ExchangeAsync(rule, fleet.Token(static claims => claims["aud"] = WorkloadFleet.Audience))).Is(HttpStatusCode.OK);
        (await fleet.ExchangeAsync(rule, fleet.Token(static claims => claims["aud"] = new JsonArray("other", WorkloadFleet.Audience)))).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_clock_may_be_off_by_a_minute_and_not_by_ten()
    {
        var rule = await fleet.RuleAsync();
        static void Shift(JsonObject claims, int seconds)
        {
            foreach (var name in (string[])["iat", "nbf", "exp"])
            {
                claims[name] = claims[name]!.GetValue<long>() + seconds;
            }
        }

        (await fleet.ExchangeAsync(rule, fleet.Token(static claims => Shift(claims, 55)))).Is(HttpStatusCode.OK);
        (await fleet.ExchangeAsync(rule, fleet.Token(static claims => Shift(claims, -355)))).Is(HttpStatusCode.OK);
        await fleet.IsDeniedAsync(rule, fleet.Token(static claims => Shift(claims, 600)), "issued in the future");
        await fleet.IsDeniedAsync(rule, fleet.Token(static claims => Shift(claims, -600)), "expired");
    }

    [Fact]
    public async Task A_pull_request_needs_a_rule_that_names_it()
    {
        var rule = await fleet.RuleAsync(static body => body["events"] = new JsonArray("pull_request"));

        (await fleet.ExchangeAsync(rule, fleet.Token(static claims => claims["event_name"] = "pull_request"))).Is(HttpStatusCode.OK);
        await fleet.IsDeniedAsync(rule, fleet.Token(static claims => claims["event_name"] = "pull_request_target"), "event");
        await fleet.IsDeniedAsync(rule, fleet.Token(static claims => claims["event_name"] = "push"), "event");
        await fleet.IsDeniedAsync(rule, fleet.Token(), "event");
    }

    [Fact]
    public async Task Claims_are_compared_exactly_and_also_inside_of_others()
    {
        var rule = await fleet.RuleAsync(static body =>
            body["claims"] = new JsonObject
            {
                ["repository_id"] = "123",
                ["environment"] = new JsonArray("prod", "staging"),
                ["ref_protected"] = true,
                ["/kubernetes.io/serviceaccount/uid"] = "u-1",
            }
        );
        static void Fill(JsonObject claims)
        {
            (claims["repository_id"], claims["environment"], claims["ref_protected"]) = ("123", "staging", "true");
            claims["kubernetes.io"] = new JsonObject { ["serviceaccount"] = new JsonObject { ["uid"] = "u-1" } };
        }

        (await fleet.ExchangeAsync(rule, fleet.Token(Fill))).Is(HttpStatusCode.OK);
        foreach (
            var (name, change) in new (string, Action<JsonObject>)[]
            {
                ("repository_id", static claims => claims["repository_id"] = "1234"),
                ("repository_id", static claims => claims["repository_id"] = new JsonObject { ["123"] = "123" }),
                ("repository_id", static claims => claims.Remove("repository_id")),
                ("environment", static claims => claims["environment"] = "PROD"),
                ("ref_protected", static claims => claims["ref_protected"] = "false"),
                ("/kubernetes.io/serviceaccount/uid", static claims => claims["kubernetes.io"]!["serviceaccount"]!["uid"] = "u-2"),
            }
        )
        {
            await fleet.IsDeniedAsync(
                rule,
                fleet.Token(claims =>
                {
                    Fill(claims);
                    change(claims);
                }),
                $"claim {name}"
            );
        }
    }

    [Fact]
    public async Task A_trailing_star_stands_for_the_rest_of_the_subject()
    {
        var rule = await fleet.RuleAsync(static body => body["subject"] = "repo:octo/app:*");

        (await fleet.ExchangeAsync(rule, fleet.Token())).Is(HttpStatusCode.OK);
        (await fleet.ExchangeAsync(rule, fleet.Token(static claims => claims["sub"] = "repo:octo/app:environment:prod"))).Is(HttpStatusCode.OK);
        await fleet.IsDeniedAsync(rule, fleet.Token(static claims => claims["sub"] = "repo:octo/app-evil:ref:refs/heads/main"), "subject");
        await fleet.IsDeniedAsync(rule, fleet.Token(static claims => claims["sub"] = "repo:octo/app:"), "subject");
        await fleet.IsDeniedAsync(rule, fleet.Token(static claims => claims["sub"] = "xrepo:octo/app:environment:prod"), "subject");
    }

    [Fact]
    public async Task A_public_key_is_not_the_secret_of_an_hmac()
    {
        var header = SigningKey.Encode(Encoding.UTF8.GetBytes($$"""{"alg":"HS256","typ":"JWT","kid":"{{Key.Id}}"}"""));
        var claims = SigningKey.Encode(Encoding.UTF8.GetBytes(fleet.Issuer.Claims(WorkloadFleet.Audience, WorkloadFleet.Subject).ToJsonString()));
        var text = $"{header}.{claims}";

        await fleet.IsDeniedAsync(
            await fleet.RuleAsync(),
            $"{text}.{SigningKey.Encode(HMACSHA256.HashData(Key.PublicPem(), Encoding.ASCII.GetBytes(text)))}",
            "algorithm"
        );
    }

    [Fact]
    public async Task A_key_in_the_token_is_not_used()
    {
        using var attacker = SigningKey.Ec(Key.Id);
        var header = new JsonObject { ["jwk"] = attacker.ToJwk(), ["jku"] = $"{fleet.Issuer.Identifier}/evil", ["x5u"] = $"{fleet.Issuer.Identifier}/evil" };

        await fleet.IsDeniedAsync(
            await fleet.RuleAsync(),
            attacker.Sign(fleet.Issuer.Claims(WorkloadFleet.Audience, WorkloadFleet.Subject), header),
            "signature"
        );
        Assert.Equal(0, fleet.Issuer.StrayRequests);
    }

    [Fact]
    public async Task A_key_of_one_issuer_verifies_no_token_of_another()
    {
        using var own = SigningKey.Ec(Key.Id);
        var body = new JsonObject { ["issuer"] = "https://evil.example.com", ["jwks"] = own.ToJwks() };
        (await fleet.Admin.PutAsync("issuers/evil", body.ToJsonString())).Is(HttpStatusCode.Created);
        var (mine, theirs) = (await fleet.RuleAsync(), await fleet.RuleAsync(static rule => rule["issuer"] = "evil"));
        var claims = fleet.Issuer.Claims(WorkloadFleet.Audience, WorkloadFleet.Subject);

        await fleet.IsDeniedAsync(mine, own.Sign(claims), "signature");
        await fleet.IsDeniedAsync(theirs, Key.Sign(claims), "issuer");
        claims["iss"] = "https://evil.example.com";
        await fleet.IsDeniedAsync(mine, own.Sign(claims), "issuer");
        await fleet.IsDeniedAsync(theirs, Key.Sign(claims), "signature");
    }

    [Theory]
    [InlineData("""{"aud":"other","aud":"https://vault.example.com"}""")]
    [InlineData("""{"a":{"b":1,"b":2}}""")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{")]
    public async Task Claims_that_are_no_object_or_repeat_a_member_are_no_token(string claims) =>
        await fleet.IsDeniedAsync(await fleet.RuleAsync(), Key.Sign(claims), "malformed token");

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a.b")]
    [InlineData("a.b.c")]
    [InlineData("e30.e30.")]
    [InlineData("e30.e30.AA.AA.AA")]
    [InlineData("e30=.e30=.AA")]
    [InlineData("{}.{}.{}")]
    public async Task A_text_that_is_no_token_is_denied(string text)
    {
        var rule = await fleet.RuleAsync();
        if (text.Length == 0)
        {
            Assert.Equal("invalid_request", (await fleet.ExchangeAsync(rule, text)).Json.GetProperty("error").GetString());
            return;
        }

        await fleet.IsDeniedAsync(rule, text, "malformed token");
    }

    [Fact]
    public async Task A_changed_or_missing_signature_is_denied()
    {
        var rule = await fleet.RuleAsync();
        var parts = fleet.Token().Split('.');
        var claims = fleet.Token(static claims => claims["sub"] = "repo:octo/app:environment:prod").Split('.')[1];

        await fleet.IsDeniedAsync(rule, $"{parts[0]}.{parts[1]}.AAAA", "signature");
        await fleet.IsDeniedAsync(rule, $"{parts[0]}.{parts[1]}.{new string('A', parts[2].Length)}", "signature");
        await fleet.IsDeniedAsync(rule, $"{parts[0]}.{claims}.{parts[2]}", "signature");
        await fleet.IsDeniedAsync(rule, $"{parts[0]}.{parts[1]}.", "malformed token");
    }

    [Fact]
    public async Task A_token_of_more_than_16_KiB_is_refused_before_it_is_read()
    {
        var rule = await fleet.RuleAsync();

        var answer = await fleet.ExchangeAsync(rule, fleet.Token(static claims => claims["padding"] = new string('a', 16 * 1024)));

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("invalid_request", answer.Json.GetProperty("error").GetString());
        (await fleet.ExchangeAsync(rule, fleet.Token(static claims => claims["padding"] = new string('a', 10 * 1024)))).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_rule_that_does_not_exist_denies_like_any_other() => await fleet.IsDeniedAsync("no-such-rule", fleet.Token(), "unknown rule");
}
