using System.Net;
using Axvault.Api.Keys;
using Axvault.Tests.Server;

namespace Axvault.Tests.Keys;

/// <summary>Keys that expire, and keys that may be used from some networks alone.</summary>
public sealed class KeyLimitServerTests(KeyFleet fleet) : IClassFixture<KeyFleet>
{
    private static readonly string[] Star = ["*"];
    private static readonly string[] Loopback = ["127.0.0.0/8"];
    private static readonly string[] Narrower = ["127.0.0.1", "127.1.0.0/16"];
    private static readonly string[] Overlapping = ["127.0.0.1", "192.0.2.1"];
    private static readonly string[] Documentation = ["192.0.2.0/24", "2001:db8::/32"];

    private VaultClient Admin => fleet.Admin;

    [Fact]
    public async Task Limits_are_shown_in_their_canonical_form_and_left_out_when_there_are_none()
    {
        var created = await Admin.PostAsync("keys", """{"name":"bound","expiresAt":"2099-01-01T01:00:00.123456+01:00","allowedCidrs":["::ffff:10.0.0.0/104","2001:DB8::1","10.0.0.0/8"]}""");

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
    public async Task A_limit_that_is_none_is_400_and_names_the_field(string body, string field, bool isLegalInAPatch)
    {
        (await Admin.PostAsync("keys", body)).IsInvalid(field);
        if (!isLegalInAPatch)
        {
            (await Admin.PatchAsync("keys/k_0123456789ab", body)).IsInvalid(field);
        }
    }

    [Fact]
    public async Task A_key_works_until_it_expires_and_then_on_no_server_whatever_that_remembers()
    {
        var expiresAt = DateTimeOffset.UtcNow.AddSeconds(3);
        var key = await fleet.CreateAsync(new { name = "short", readAccess = Star, expiresAt });
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
                "the key has expired");
        }

        Assert.InRange(answered, 1, int.MaxValue);
    }

    [Fact]
    public async Task An_expiry_that_is_set_to_the_past_stops_a_key_at_once_on_every_server_and_one_that_is_taken_away_brings_it_back()
    {
        for (var round = 0; round < 5; round++)
        {
            var key = await fleet.CreateAsync(new { name = "stopped", readAccess = Star, expiresAt = DateTimeOffset.UtcNow.AddDays(1) });
            await fleet.RememberAsync(key.Secret);

            (await Admin.PatchAsync($"keys/{key.Id}", """{"expiresAt":"2020-01-01T00:00:00Z"}""")).Is(HttpStatusCode.OK);
            Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized], await fleet.ReadAsync(key.Secret));
            Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized], await fleet.ReadAsync(key.Secret));

            (await fleet.ProxiedAdmin.PatchAsync($"keys/{key.Id}", """{"expiresAt":null}""")).Is(HttpStatusCode.OK);
            Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], await fleet.ReadAsync(key.Secret));
        }
    }

    [Fact]
    public async Task Networks_that_are_set_and_taken_away_hold_at_once_on_every_server()
    {
        var key = await fleet.CreateAsync(new { name = "moved", readAccess = Star });
        await fleet.RememberAsync(key.Secret);

        (await Admin.PatchAsync($"keys/{key.Id}", new { allowedCidrs = Documentation })).Is(HttpStatusCode.OK);
        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized], await fleet.ReadAsync(key.Secret));

        (await fleet.ProxiedAdmin.PatchAsync($"keys/{key.Id}", new { allowedCidrs = Loopback })).Is(HttpStatusCode.OK);
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], await fleet.ReadAsync(key.Secret));
    }

    [Theory]
    [InlineData("192.0.2.7", HttpStatusCode.OK)]
    [InlineData("192.0.2.7:4711", HttpStatusCode.OK)]
    [InlineData("2001:db8::7", HttpStatusCode.OK)]
    [InlineData("[2001:db8::7]:4711", HttpStatusCode.OK)]
    [InlineData("::ffff:192.0.2.7", HttpStatusCode.OK)]
    [InlineData("198.51.100.1, 192.0.2.7", HttpStatusCode.OK)]
    [InlineData("192.0.3.7", HttpStatusCode.Unauthorized)]
    [InlineData("2001:db9::7", HttpStatusCode.Unauthorized)]
    [InlineData("192.0.2.7, 198.51.100.1", HttpStatusCode.Unauthorized)]
    [InlineData("192.0.2.7, 127.0.0.2", HttpStatusCode.Unauthorized)]
    [InlineData("192.0.2.7 198.51.100.1", HttpStatusCode.Unauthorized)]
    [InlineData("nonsense", HttpStatusCode.Unauthorized)]
    [InlineData("", HttpStatusCode.Unauthorized)]
    public async Task The_address_of_a_client_is_what_a_trusted_proxy_says_and_of_no_other(string forwarded, HttpStatusCode behindTheProxy)
    {
        var key = await fleet.CreateAsync(new { name = "elsewhere", readAccess = Star, allowedCidrs = Documentation });
        using var proxied = fleet.ProxiedAdmin.With(key.Secret);
        using var plain = Admin.With(key.Secret);

        Assert.Equal(behindTheProxy, (await ForwardedAsync(proxied, forwarded)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await ForwardedAsync(plain, forwarded)).Status);
        var refused = await fleet.AuditedAsync("authenticate", key.Id);
        Assert.Equal("127.0.0.1", refused.GetProperty("clientAddress").GetString());
    }

    [Fact]
    public async Task A_read_that_is_remembered_for_one_address_is_not_answered_to_another()
    {
        var key = await fleet.CreateAsync(new { name = "roaming", readAccess = Star, allowedCidrs = Documentation });
        using var client = fleet.ProxiedAdmin.With(key.Secret);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await ForwardedAsync(client, "192.0.2.7")).Status);
            Assert.Equal(HttpStatusCode.Unauthorized, (await ForwardedAsync(client, "192.0.3.7")).Status);
        }
    }

    [Theory]
    [InlineData("GET", "credentials/remembered")]
    [InlineData("GET", "credentials")]
    [InlineData("GET", "keys")]
    [InlineData("DELETE", "credentials/remembered")]
    [InlineData("POST", "keys")]
    public async Task A_key_that_has_expired_or_is_used_from_elsewhere_is_answered_exactly_as_one_that_is_not_known(string method, string path)
    {
        var expired = await fleet.CreateAsync(new { name = "expired", readAccess = Star, writeAccess = Star });
        (await Admin.PatchAsync($"keys/{expired.Id}", """{"expiresAt":"2020-01-01T00:00:00Z"}""")).Is(HttpStatusCode.OK);
        var elsewhere = await fleet.CreateAsync(new { name = "elsewhere", readAccess = Star, writeAccess = Star, allowedCidrs = Documentation });
        var expected = await ShapeAsync(ApiKeySecret.Create().Reveal());

        Assert.Equal(expected, await ShapeAsync(expired.Secret));
        Assert.Equal(expected, await ShapeAsync(elsewhere.Secret));
        Assert.StartsWith("401 ", expected, StringComparison.Ordinal);

        async Task<string> ShapeAsync(string secret)
        {
            using var client = Admin.With(secret);
            var answer = await client.SendAsync(HttpMethod.Parse(method), path);
            var headers = answer.Headers.Where(static header => header.Key != "Date").OrderBy(static header => header.Key, StringComparer.Ordinal).Select(static header => $"{header.Key}: {header.Value}");
            return $"{(int)answer.Status} {string.Join('|', headers)} {answer.Text.Replace(answer.Json.GetProperty("traceId").GetString()!, "", StringComparison.Ordinal)}";
        }
    }

    [Fact]
    public async Task The_audit_log_says_which_key_was_refused_and_why()
    {
        var expired = await fleet.CreateAsync(new { name = "expired", readAccess = Star });
        (await Admin.PatchAsync($"keys/{expired.Id}", """{"expiresAt":"2020-01-01T00:00:00Z"}""")).Is(HttpStatusCode.OK);
        var elsewhere = await fleet.CreateAsync(new { name = "elsewhere", readAccess = Star, allowedCidrs = Documentation });
        foreach (var (key, reason) in new[] { (expired, $"the API key {expired.Id} has expired"), (elsewhere, $"the API key {elsewhere.Id} may not be used from this address") })
        {
            await fleet.ReadAsync(key.Secret);

            var entry = await fleet.AuditedAsync("authenticate", key.Id);
            Assert.Equal(("denied", key.Id, reason), (entry.GetProperty("outcome").GetString(), entry.GetProperty("keyId").GetString(), entry.GetProperty("reason").GetString()));
            Assert.DoesNotContain("lastUsedAt", (await Admin.GetAsync($"keys/{key.Id}")).Members);
        }
    }

    [Fact]
    public async Task A_bound_key_makes_and_changes_keys_within_its_bounds_alone()
    {
        var own = DateTimeOffset.UtcNow.AddDays(1);
        var created = await fleet.CreateAsync(new { name = "bound", grantAccess = Star, expiresAt = own, allowedCidrs = Loopback });
        using var bound = Admin.With(created.Secret);

        (await bound.PostAsync("keys", new { name = "child", expiresAt = own, allowedCidrs = Loopback })).Is(HttpStatusCode.Created);
        (await bound.PostAsync("keys", new { name = "child", expiresAt = own.AddHours(-1), allowedCidrs = Narrower })).Is(HttpStatusCode.Created);
        (await bound.PostAsync("keys", new { name = "child", allowedCidrs = Loopback })).IsForbidden();
        (await bound.PostAsync("keys", new { name = "child", expiresAt = own.AddSeconds(1), allowedCidrs = Loopback })).IsForbidden();
        (await bound.PostAsync("keys", new { name = "child", expiresAt = own })).IsForbidden();
        (await bound.PostAsync("keys", new { name = "child", expiresAt = own, allowedCidrs = Overlapping })).IsForbidden();

        var unbound = await fleet.CreateAsync(new { name = "unbound" });
        (await bound.PatchAsync($"keys/{unbound.Id}", """{"name":"mine"}""")).IsForbidden();
        (await bound.PatchAsync($"keys/{unbound.Id}", new { expiresAt = own, allowedCidrs = Loopback })).IsForbidden();
        (await bound.PostAsync($"keys/{unbound.Id}/rotate", "{}")).IsForbidden();

        var child = await fleet.CreateAsync(new { name = "child", expiresAt = own, allowedCidrs = Loopback });
        (await bound.PatchAsync($"keys/{child.Id}", """{"expiresAt":null}""")).IsForbidden();
        (await bound.PatchAsync($"keys/{child.Id}", """{"allowedCidrs":[]}""")).IsForbidden();
        (await bound.PatchAsync($"keys/{child.Id}", """{"name":"renamed"}""")).Is(HttpStatusCode.OK);
        (await bound.PostAsync($"keys/{child.Id}/rotate", "{}")).Is(HttpStatusCode.OK);
        (await bound.PatchAsync($"keys/{created.Id}", """{"expiresAt":null}""")).IsForbidden();
        (await bound.PatchAsync($"keys/{created.Id}", new { expiresAt = own.AddSeconds(1) })).IsForbidden();
        (await bound.PatchAsync($"keys/{created.Id}", new { expiresAt = own.AddHours(-1) })).Is(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("""{"expiresAt":"2020-01-01T00:00:00Z"}""")]
    [InlineData("""{"allowedCidrs":["192.0.2.0/24"]}""")]
    public async Task A_key_does_not_lock_itself_out_unless_it_is_forced_to(string patch)
    {
        var created = await fleet.CreateAsync(new { name = "clumsy", grantAccess = Star });
        using var client = Admin.With(created.Secret);

        (await client.PatchAsync($"keys/{created.Id}", patch)).IsProblem(HttpStatusCode.Conflict, "conflict");
        (await client.PatchAsync($"keys/{created.Id}?force=false", patch)).IsProblem(HttpStatusCode.Conflict, "conflict");
        (await client.PatchAsync($"keys/{created.Id}?force=1", patch)).IsInvalid("force");
        (await client.GetAsync("keys")).Is(HttpStatusCode.OK);
        (await client.PatchAsync($"keys/{created.Id}?force=true", patch)).Is(HttpStatusCode.OK);
        (await client.GetAsync("keys")).IsUnauthorized();
        Assert.Equal("by force", (await fleet.AuditedAsync("key.update", created.Id)).GetProperty("reason").GetString());
    }

    [Fact]
    public async Task A_request_whose_key_has_expired_while_its_body_was_on_its_way_changes_nothing()
    {
        var created = await fleet.CreateAsync(new { name = "slow", grantAccess = Star });
        var body = """{"name":"too late"}""";
        using var raw = await RawHttp.ConnectAsync(fleet.Servers.First().Address);
        await raw.SendAsync($"POST /api/v1/keys HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nAuthorization: Bearer {created.Secret}\r\n\r\n{body[..5]}");
        await Until.HoldsAsync(async () => (await Admin.GetAsync($"keys/{created.Id}")).Members.Contains("lastUsedAt"), "the request is authenticated");

        (await Admin.PatchAsync($"keys/{created.Id}", """{"expiresAt":"2020-01-01T00:00:00Z"}""")).Is(HttpStatusCode.OK);
        await raw.SendAsync(body[5..]);

        Assert.StartsWith("HTTP/1.1 403 ", await raw.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("too late", (await Admin.GetAsync("keys")).Text, StringComparison.Ordinal);
    }

    private static Task<Answer> ForwardedAsync(VaultClient client, string forwarded) =>
        client.SendAsync(HttpMethod.Get, KeyFleet.Path, headers: headers => headers.TryAddWithoutValidation("X-Forwarded-For", forwarded));
}
