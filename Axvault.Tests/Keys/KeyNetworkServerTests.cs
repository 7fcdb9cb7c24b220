using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Keys;

/// <summary>A key with networks works only for clients whose address is in one of them.</summary>
public sealed class KeyNetworkServerTests(KeyFleet fleet) : IClassFixture<KeyFleet>
{
    private static readonly string[] Star = ["*"];
    private static readonly string[] Loopback = ["127.0.0.0/8"];
    private static readonly string[] Documentation = ["192.0.2.0/24", "2001:db8::/32"];
    private static readonly string[] Everywhere = ["0.0.0.0/0", "::/0"];

    private VaultClient Admin => fleet.Admin;

    [Fact]
    public async Task A_change_of_networks_counts_at_once_on_every_server()
    {
        var key = await fleet.CreateAsync(new { name = "moved", readAccess = Star });
        await fleet.RememberAsync(key.Secret);

        (await Admin.PatchAsync($"keys/{key.Id}", new { allowedCidrs = Documentation })).Is(HttpStatusCode.OK);
        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized], await fleet.ReadAsync(key.Secret));

        (await fleet.ProxiedAdmin.PatchAsync($"keys/{key.Id}", new { allowedCidrs = Loopback })).Is(HttpStatusCode.OK);
        using var plain = Admin.With(key.Secret);
        using var proxied = fleet.ProxiedAdmin.With(key.Secret);
        Assert.Equal(HttpStatusCode.OK, (await plain.GetAsync(KeyFleet.Path)).Status);
        Assert.Equal(HttpStatusCode.OK, (await ForwardedAsync(proxied, "127.0.0.2")).Status);
    }

    [Fact]
    public async Task A_bound_key_is_refused_behind_a_proxy_that_names_no_client()
    {
        var key = await fleet.CreateAsync(
            new
            {
                name = "near the proxy",
                readAccess = Star,
                allowedCidrs = Everywhere,
            }
        );
        using var proxied = fleet.ProxiedAdmin.With(key.Secret);

        Assert.Equal(HttpStatusCode.Unauthorized, (await proxied.GetAsync(KeyFleet.Path)).Status);
        foreach (var forwarded in new[] { "", "unknown", "127.0.0.1", "192.0.2.7, nonsense", "192.0.2.7," })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await ForwardedAsync(proxied, forwarded)).Status);
        }

        Assert.Equal(HttpStatusCode.OK, (await ForwardedAsync(proxied, "192.0.2.7")).Status);
        Assert.False((await fleet.AuditedAsync("authenticate", key.Id)).TryGetProperty("clientAddress", out _));
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
    public async Task A_client_address_is_taken_from_a_trusted_proxy_only(string forwarded, HttpStatusCode behindTheProxy)
    {
        var key = await fleet.CreateAsync(
            new
            {
                name = "elsewhere",
                readAccess = Star,
                allowedCidrs = Documentation,
            }
        );
        using var proxied = fleet.ProxiedAdmin.With(key.Secret);
        using var plain = Admin.With(key.Secret);

        Assert.Equal(behindTheProxy, (await ForwardedAsync(proxied, forwarded)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await ForwardedAsync(plain, forwarded)).Status);
        Assert.Contains("127.0.0.1", await RefusedAddressesAsync(key.Id));
    }

    [Fact]
    public async Task A_read_that_is_cached_for_one_address_is_not_answered_to_another()
    {
        var key = await fleet.CreateAsync(
            new
            {
                name = "roaming",
                readAccess = Star,
                allowedCidrs = Documentation,
            }
        );
        using var client = fleet.ProxiedAdmin.With(key.Secret);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await ForwardedAsync(client, "192.0.2.7")).Status);
            Assert.Equal(HttpStatusCode.Unauthorized, (await ForwardedAsync(client, "192.0.3.7")).Status);
        }
    }

    // Two servers write into different lanes, so the newest entry may be the one of either.
    private async Task<IEnumerable<string?>> RefusedAddressesAsync(string key) =>
        (await Admin.GetAsync($"audit?action=authenticate&key={key}&limit=10"))
            .Is(HttpStatusCode.OK)
            .Json.GetProperty("entries")
            .EnumerateArray()
            .Select(static entry => entry.TryGetProperty("clientAddress", out var address) ? address.GetString() : null)
            .ToList();

    private static Task<Answer> ForwardedAsync(VaultClient client, string forwarded) =>
        client.SendAsync(HttpMethod.Get, KeyFleet.Path, headers: headers => headers.TryAddWithoutValidation("X-Forwarded-For", forwarded));
}
