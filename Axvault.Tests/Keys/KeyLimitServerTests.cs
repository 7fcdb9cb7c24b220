using System.Net;
using Axvault.Api.Keys;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Keys;

/// <summary>Keys that expire, and keys that may be used only from some networks.</summary>
public sealed class KeyLimitServerTests(KeyFleet fleet) : IClassFixture<KeyFleet>
{
    private static readonly string[] Star = ["*"];
    private static readonly string[] Documentation = ["192.0.2.0/24", "2001:db8::/32"];

    private VaultClient Admin => fleet.Admin;

    [Fact]
    public async Task Limits_are_shown_in_canonical_form_and_left_out_when_unset()
    {
        var created = await Admin.PostAsync(
            "keys",
            """{"name":"bound","expiresAt":"2099-01-01T01:00:00.123456+01:00","allowedCidrs":["::ffff:10.0.0.0/104","2001:DB8::1","10.0.0.0/8"]}"""
        );

        created.Is(HttpStatusCode.Created);
        Assert.Equal("\"2099-01-01T00:00:00.123Z\"", created.Raw("expiresAt"));
        Assert.Equal("""["10.0.0.0/8","2001:db8::1/128"]""", created.Raw("allowedCidrs"));
        var id = created.Json.GetProperty("id").GetString();
        var read = await Admin.GetAsync($"keys/{id}");
        Assert.Equal([created.Raw("expiresAt"), created.Raw("allowedCidrs")], [read.Raw("expiresAt"), read.Raw("allowedCidrs")]);

        var renamed = (await Admin.PatchAsync($"keys/{id}", """{"name":"renamed"}""")).Is(HttpStatusCode.OK);
        Assert.Equal([created.Raw("expiresAt"), created.Raw("allowedCidrs")], [renamed.Raw("expiresAt"), renamed.Raw("allowedCidrs")]);
        var cleared = (await Admin.PatchAsync($"keys/{id}", """{"expiresAt":null,"allowedCidrs":[]}""")).Is(HttpStatusCode.OK);
        Assert.DoesNotContain("expiresAt", cleared.Members);
        Assert.DoesNotContain("allowedCidrs", cleared.Members);
    }

    [Theory]
    [InlineData("""{"name":"x","expiresAt":"2020-01-01T00:00:00Z"}""", "expiresAt", true)]
    [InlineData("""{"name":"x","expiresAt":""}""", "expiresAt", false)]
    [InlineData("""{"name":"x","expiresAt":"2099-01-01"}""", "expiresAt", false)]
    [InlineData("""{"name":"x","expiresAt":"2099-13-01T00:00:00Z"}""", "expiresAt", false)]
    [InlineData("""{"name":"x","expiresAt":"2099-01-01T00:00:00Z\u0000"}""", "expiresAt", false)]
    [InlineData("""{"name":"x","expiresAt":"\ud800"}""", "expiresAt", false)]
    [InlineData("""{"name":"x","expiresAt":4070908800}""", "expiresAt", false)]
    [InlineData("""{"name":"x","expiresAt":true}""", "expiresAt", false)]
    [InlineData("""{"name":"x","expiresAt":["2099-01-01T00:00:00Z"]}""", "expiresAt", false)]
    [InlineData("""{"name":"x","expiresAt":{}}""", "expiresAt", false)]
    [InlineData("""{"name":"x","expiresAt":null,"expiresAt":"2099-01-01T00:00:00Z"}""", "expiresAt", false)]
    [InlineData("""{"name":"x","allowedCidrs":"10.0.0.0/8"}""", "allowedCidrs", false)]
    [InlineData("""{"name":"x","allowedCidrs":[null]}""", "allowedCidrs", false)]
    [InlineData("""{"name":"x","allowedCidrs":[""]}""", "allowedCidrs", false)]
    [InlineData("""{"name":"x","allowedCidrs":[10]}""", "allowedCidrs", false)]
    [InlineData("""{"name":"x","allowedCidrs":["10.0.0.1/8"]}""", "allowedCidrs", false)]
    [InlineData("""{"name":"x","allowedCidrs":["10.0.0.0/8","example.com"]}""", "allowedCidrs", false)]
    [InlineData("""{"name":"x","allowedCidrs":["fe80::1%eth0"]}""", "allowedCidrs", false)]
    public async Task A_malformed_limit_is_400_and_names_the_field(string body, string field, bool isLegalInAPatch)
    {
        (await Admin.PostAsync("keys", body)).IsInvalid(field);
        if (!isLegalInAPatch)
        {
            (await Admin.PatchAsync("keys/k_0123456789ab", body)).IsInvalid(field);
        }
    }

    [Fact]
    public async Task A_key_works_until_it_expires_and_then_on_no_server()
    {
        var expiresAt = DateTimeOffset.UtcNow.AddSeconds(3);
        var key = await fleet.CreateAsync(
            new
            {
                name = "short",
                readAccess = Star,
                expiresAt,
            }
        );
        using var plain = Admin.With(key.Secret);
        using var proxied = fleet.ProxiedAdmin.With(key.Secret);
        var answered = 0;
        foreach (var client in new[] { plain, proxied, plain, proxied })
        {
            await Until.HoldsAsync(
                async () =>
                {
                    var asked = DateTimeOffset.UtcNow;
                    var status = (await client.GetAsync(KeyFleet.Path)).Status;
                    Assert.True(asked < expiresAt || status == HttpStatusCode.Unauthorized, $"{status} {asked - expiresAt} after its expiry");
                    Assert.True(DateTimeOffset.UtcNow >= expiresAt || status == HttpStatusCode.OK, $"{status} before its expiry");
                    answered += status == HttpStatusCode.OK ? 1 : 0;
                    return status == HttpStatusCode.Unauthorized;
                },
                "the key has expired"
            );
        }

        Assert.InRange(answered, 1, int.MaxValue);
    }

    [Fact]
    public async Task A_past_expiry_stops_a_key_at_once_on_every_server_until_it_is_removed()
    {
        for (var round = 0; round < 5; round++)
        {
            var key = await fleet.CreateAsync(
                new
                {
                    name = "stopped",
                    readAccess = Star,
                    expiresAt = DateTimeOffset.UtcNow.AddDays(1),
                }
            );
            await fleet.RememberAsync(key.Secret);

            (await Admin.PatchAsync($"keys/{key.Id}", """{"expiresAt":"2020-01-01T00:00:00Z"}""")).Is(HttpStatusCode.OK);
            Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized], await fleet.ReadAsync(key.Secret));
            Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized], await fleet.ReadAsync(key.Secret));

            (await fleet.ProxiedAdmin.PatchAsync($"keys/{key.Id}", """{"expiresAt":null}""")).Is(HttpStatusCode.OK);
            Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], await fleet.ReadAsync(key.Secret));
        }
    }

    [Theory]
    [InlineData("GET", "credentials/remembered")]
    [InlineData("GET", "credentials")]
    [InlineData("GET", "keys")]
    [InlineData("DELETE", "credentials/remembered")]
    [InlineData("POST", "keys")]
    public async Task An_expired_or_misplaced_key_gets_the_same_answer_as_an_unknown_key(string method, string path)
    {
        var expired = await fleet.CreateAsync(
            new
            {
                name = "expired",
                readAccess = Star,
                writeAccess = Star,
            }
        );
        (await Admin.PatchAsync($"keys/{expired.Id}", """{"expiresAt":"2020-01-01T00:00:00Z"}""")).Is(HttpStatusCode.OK);
        var elsewhere = await fleet.CreateAsync(
            new
            {
                name = "elsewhere",
                readAccess = Star,
                writeAccess = Star,
                allowedCidrs = Documentation,
            }
        );
        var expected = await ShapeAsync(ApiKeySecret.Create().Reveal());

        Assert.Equal(expected, await ShapeAsync(expired.Secret));
        Assert.Equal(expected, await ShapeAsync(elsewhere.Secret));
        Assert.StartsWith("401 ", expected, StringComparison.Ordinal);

        async Task<string> ShapeAsync(string secret)
        {
            using var client = Admin.With(secret);
            var answer = await client.SendAsync(HttpMethod.Parse(method), path);
            var headers = answer
                .Headers.Where(static header => header.Key != "Date")
                .OrderBy(static header => header.Key, StringComparer.Ordinal)
                .Select(static header => $"{header.Key}: {header.Value}");
            var text = answer.Text.Replace(answer.Json.GetProperty("traceId").GetString()!, "", StringComparison.Ordinal);
            return $"{(int)answer.Status} {string.Join('|', headers)} {text}";
        }
    }

    [Fact]
    public async Task The_audit_log_says_which_key_was_refused_and_why()
    {
        var expired = await fleet.CreateAsync(new { name = "expired", readAccess = Star });
        (await Admin.PatchAsync($"keys/{expired.Id}", """{"expiresAt":"2020-01-01T00:00:00Z"}""")).Is(HttpStatusCode.OK);
        var elsewhere = await fleet.CreateAsync(
            new
            {
                name = "elsewhere",
                readAccess = Star,
                allowedCidrs = Documentation,
            }
        );
        foreach (
            var (key, reason) in new[]
            {
                (expired, $"the API key {expired.Id} has expired"),
                (elsewhere, $"the API key {elsewhere.Id} may not be used from this address"),
            }
        )
        {
            await fleet.ReadAsync(key.Secret);

            var entry = await fleet.AuditedAsync("authenticate", key.Id);
            Assert.Equal(
                ("denied", key.Id, reason),
                (entry.GetProperty("outcome").GetString(), entry.GetProperty("keyId").GetString(), entry.GetProperty("reason").GetString())
            );
            Assert.DoesNotContain("lastUsedAt", (await Admin.GetAsync($"keys/{key.Id}")).Members);
        }
    }

    [Fact]
    public async Task A_request_whose_key_expires_while_its_body_arrives_changes_nothing()
    {
        var created = await fleet.CreateAsync(new { name = "slow", grantAccess = Star });
        var body = """{"name":"too late"}""";
        using var raw = await RawHttp.ConnectAsync(fleet.Servers.First().Address);
        await raw.SendAsync(
            $"POST /api/v1/keys HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n"
                + $"Authorization: Bearer {created.Secret}\r\n\r\n{body[..5]}"
        );
        await Until.HoldsAsync(async () => (await Admin.GetAsync($"keys/{created.Id}")).Members.Contains("lastUsedAt"), "the request is authenticated");

        (await Admin.PatchAsync($"keys/{created.Id}", """{"expiresAt":"2020-01-01T00:00:00Z"}""")).Is(HttpStatusCode.OK);
        await raw.SendAsync(body[5..]);

        Assert.StartsWith("HTTP/1.1 403 ", await raw.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("too late", (await Admin.GetAsync("keys")).Text, StringComparison.Ordinal);
    }
}
