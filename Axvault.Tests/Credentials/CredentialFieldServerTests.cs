using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Credentials;

/// <summary>The rules for each field of a credential: a value is kept as documented, or refused with the name of the field.</summary>
public sealed class CredentialFieldServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private VaultClient Admin => vault.Admin;

    [Theory]
    [InlineData("oauth-credentials")]
    [InlineData("oauth-token")]
    [InlineData("api-key")]
    public async Task Every_type_is_kept(string type)
    {
        (await Admin.PutAsync($"credentials/{type}", new { type, data = new { a = 1 } })).Is(HttpStatusCode.Created);

        Assert.Equal(type, (await Admin.GetAsync($"credentials/{type}")).Json.GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("2026-01-15T10:30:00Z", "2026-01-15T10:30:00.000Z")]
    [InlineData("2026-01-15T10:30:00.000Z", "2026-01-15T10:30:00.000Z")]
    [InlineData("2026-01-15T12:30:00.5+02:00", "2026-01-15T10:30:00.500Z")]
    [InlineData("2026-01-15t10:30:00z", "2026-01-15T10:30:00.000Z")]
    [InlineData("2026-01-14T22:30:00.123456-12:00", "2026-01-15T10:30:00.123Z")]
    [InlineData("2026-01-15T10:30:00.9999Z", "2026-01-15T10:30:00.999Z")]
    [InlineData("2026-01-15T10:30:00.999999999Z", "2026-01-15T10:30:00.999Z")]
    [InlineData("2024-02-29T23:59:59.999Z", "2024-02-29T23:59:59.999Z")]
    [InlineData("1969-12-31T23:59:59Z", "1969-12-31T23:59:59.000Z")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z")]
    [InlineData("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z")]
    [InlineData("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999Z")]
    public async Task A_time_of_RFC_3339_is_kept_to_the_millisecond_in_UTC(string given, string kept)
    {
        var name = $"time-{Guid.NewGuid():n}";
        (
            await Admin.PutAsync(
                $"credentials/{name}",
                new
                {
                    type = "oauth-token",
                    data = new { },
                    expiresAt = given,
                }
            )
        ).Is(HttpStatusCode.Created);

        Assert.Equal(kept, (await Admin.GetAsync($"credentials/{name}")).Json.GetProperty("expiresAt").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("tomorrow")]
    [InlineData("2026-01-15")]
    [InlineData("2026-01-15 10:30:00Z")]
    [InlineData("2026-01-15T10:30:00")]
    [InlineData("2026-01-15T10:30Z")]
    [InlineData("2026-13-01T00:00:00Z")]
    [InlineData("2026-02-30T00:00:00Z")]
    [InlineData("2026-01-15T25:00:00Z")]
    [InlineData("2026-01-15T10:30:00+25:00")]
    [InlineData("0001-01-01T00:00:00+14:00")]
    [InlineData("9999-12-31T23:59:59-14:00")]
    [InlineData("10000-01-01T00:00:00Z")]
    [InlineData("2026-01-15T10:30:00Z\n")]
    [InlineData(" 2026-01-15T10:30:00Z")]
    [InlineData("２０２６-01-15T10:30:00Z")]
    [InlineData("1768473000")]
    public async Task A_time_that_is_not_RFC_3339_is_400(string expiresAt)
    {
        (
            await Admin.PutAsync(
                "credentials/wrong-time",
                new
                {
                    type = "oauth-token",
                    data = new { },
                    expiresAt,
                }
            )
        ).IsInvalid("expiresAt");
    }

    [Theory]
    [InlineData("{}", "type")]
    [InlineData("""{"type":"api-key"}""", "data")]
    [InlineData("""{"type":"api-key","data":null}""", "data")]
    [InlineData("""{"type":"api-key","data":[]}""", "data")]
    [InlineData("""{"type":"api-key","data":"x"}""", "data")]
    [InlineData("""{"type":"api-key","data":1}""", "data")]
    [InlineData("""{"type":"api-key","data":true}""", "data")]
    [InlineData("""{"data":{}}""", "type")]
    [InlineData("""{"type":null,"data":{}}""", "type")]
    [InlineData("""{"type":"","data":{}}""", "type")]
    [InlineData("""{"type":"API-KEY","data":{}}""", "type")]
    [InlineData("""{"type":"oauth","data":{}}""", "type")]
    [InlineData("""{"type":1,"data":{}}""", "type")]
    [InlineData("""{"type":"api-key","data":{},"agent":""}""", "agent")]
    [InlineData("""{"type":"api-key","data":{},"agent":7}""", "agent")]
    [InlineData("""{"type":"api-key","data":{},"agent":"a\u0000"}""", "agent")]
    [InlineData("""{"type":"api-key","data":{},"agent":"a\nb"}""", "agent")]
    [InlineData("""{"type":"api-key","data":{},"provider":" "}""", "provider")]
    [InlineData("""{"type":"api-key","data":{},"displayName":"a\u0007"}""", "displayName")]
    [InlineData("""{"type":"api-key","data":{},"displayName":["x"]}""", "displayName")]
    [InlineData("""{"type":"api-key","data":{},"notes":"a\u0000b"}""", "notes")]
    [InlineData("""{"type":"api-key","data":{},"notes":{}}""", "notes")]
    [InlineData("""{"type":"api-key","data":{},"expiresAt":1768473000000}""", "expiresAt")]
    [InlineData("""{"type":"api-key","data":{},"agent":"opencode"}""", "provider")]
    [InlineData("""{"type":"api-key","data":{},"agent":"opencode","provider":null}""", "provider")]
    [InlineData("""{"type":"api-key","data":{},"agent":"opencode","provider":""}""", "provider")]
    public async Task A_body_that_breaks_a_rule_is_400_and_names_the_field(string body, string field)
    {
        (await Admin.PutAsync("credentials/wrong-body", body)).IsInvalid(field);
        (await Admin.GetAsync("credentials/wrong-body")).IsNotFound();
    }

    [Fact]
    public async Task The_agent_opencode_is_accepted_with_a_provider()
    {
        (await Admin.PutAsync("credentials/opencode", """{"type":"api-key","data":{},"agent":"opencode","provider":"anthropic"}""")).Is(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("agent", 128)]
    [InlineData("provider", 128)]
    [InlineData("displayName", 256)]
    [InlineData("notes", 4096)]
    public async Task A_text_has_a_maximum_length_counted_in_code_points(string field, int most)
    {
        foreach (var character in new[] { "a", "é", "🔑" })
        {
            var fits = string.Concat(Enumerable.Repeat(character, most));
            (await Admin.PutAsync($"credentials/length-{field}", Body(fits))).Is(HttpStatusCode.Created);
            Assert.Equal(fits, (await Admin.GetAsync($"credentials/length-{field}")).Json.GetProperty(field).GetString());
            (await Admin.PutAsync($"credentials/length-{field}", Body(fits + character))).IsInvalid(field);
        }

        Dictionary<string, object> Body(string text) =>
            new()
            {
                ["type"] = "api-key",
                ["data"] = new { },
                [field] = text,
            };
    }
}
