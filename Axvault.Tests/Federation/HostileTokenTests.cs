using System.Net;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Issuer;

namespace Axvault.Tests.Federation;

/// <summary>Tokens and requests of an attacker who needs no key: none of them makes the server fail, and none is told wrongly.</summary>
public sealed class HostileTokenTests(WorkloadFleet fleet) : IClassFixture<WorkloadFleet>
{
    private const string Half = "\\ud800";

    private SigningKey Key => fleet.Issuer.Key;

    [Theory]
    [InlineData("iss")]
    [InlineData("sub")]
    [InlineData("aud")]
    [InlineData("jti")]
    [InlineData("event_name")]
    [InlineData("other")]
    public async Task Half_a_surrogate_pair_in_a_claim_is_no_token(string claim) =>
        await fleet.IsDeniedAsync(await fleet.RuleAsync(), Key.Sign(With(claim, "HALF").Replace("HALF", Half, StringComparison.Ordinal)), "malformed token");

    [Fact]
    public async Task Half_a_surrogate_pair_in_a_name_is_no_token()
    {
        var rule = await fleet.RuleAsync();

        await fleet.IsDeniedAsync(rule, Key.Sign(With("HALF", "a").Replace("HALF", Half, StringComparison.Ordinal)), "malformed token");
        await fleet.IsDeniedAsync(rule, Key.Sign($$$"""{"a":[{"{{{Half}}}":1}]}"""), "malformed token");
    }

    [Theory]
    [InlineData("alg")]
    [InlineData("kid")]
    [InlineData("typ")]
    public async Task Half_a_surrogate_pair_in_a_header_is_no_token(string member)
    {
        var header = new JsonObject { ["alg"] = "ES256", ["kid"] = Key.Id, ["typ"] = "JWT", [member] = "HALF" };

        await fleet.IsDeniedAsync(
            await fleet.RuleAsync(),
            Key.Sign(header.ToJsonString().Replace("HALF", Half, StringComparison.Ordinal), With("a", "b")),
            "malformed token"
        );
    }

    [Theory]
    [InlineData("exp")]
    [InlineData("iat")]
    [InlineData("nbf")]
    public async Task A_time_at_the_end_of_the_calendar_is_no_token(string claim)
    {
        var rule = await fleet.RuleAsync();

        await fleet.IsDeniedAsync(rule, fleet.Token(claims => claims[claim] = 253_402_300_799), "malformed token");
        using var stranger = SigningKey.Ec(Key.Id);
        var claims = fleet.Issuer.Claims(WorkloadFleet.Audience, WorkloadFleet.Subject);
        claims[claim] = 253_402_300_799;
        await fleet.IsDeniedAsync(rule, stranger.Sign(claims), "malformed token");
    }

    [Fact]
    public async Task An_event_is_a_text() =>
        await fleet.IsDeniedAsync(
            await fleet.RuleAsync(),
            fleet.Token(static claims => claims["event_name"] = new JsonArray("pull_request_target")),
            "malformed token"
        );

    [Fact]
    public async Task An_audit_entry_has_no_control_characters_and_always_the_subject()
    {
        var rule = await fleet.RuleAsync();

        await fleet.IsDeniedAsync(rule, fleet.Token(static claims => claims["iss"] = $"https://evil.example.com/\n\u0000{new string('a', 9000)}"), "issuer");

        var reason = (await fleet.AuditedAsync(rule)).GetProperty("reason").GetString()!;
        Assert.StartsWith($"issuer: rule {rule}, issuer https://evil.example.com/??aaa", reason, StringComparison.Ordinal);
        Assert.EndsWith($"aaa, subject {WorkloadFleet.Subject}", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_jwt_grant_exchanges_its_assertion_and_nothing_else()
    {
        var rule = await fleet.RuleAsync();
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer",
            ["client_id"] = rule,
            ["assertion"] = "a.b.c",
            ["subject_token"] = fleet.Token(),
        };

        Assert.Equal("invalid_grant", (await fleet.ExchangeAsync(0, form)).Json.GetProperty("error").GetString());
        (form["assertion"], form["subject_token"]) = (form["subject_token"], form["assertion"]);
        (await fleet.ExchangeAsync(0, form)).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_form_in_another_charset_is_told_about_the_charset()
    {
        using var anonymous = fleet.Admin.With(null);
        using var content = new StringContent("grant_type=a", System.Text.Encoding.Unicode, "application/x-www-form-urlencoded");

        var answer = await anonymous.SendAsync(HttpMethod.Post, "token", content);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.Status);
        Assert.Contains("UTF-8", answer.Json.GetProperty("error_description").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("must be JSON", answer.Text, StringComparison.Ordinal);
    }

    private string With(string claim, string value)
    {
        var claims = fleet.Issuer.Claims(WorkloadFleet.Audience, WorkloadFleet.Subject);
        claims[claim] = value;
        return claims.ToJsonString();
    }
}
