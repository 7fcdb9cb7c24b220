using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Keys;

/// <summary>A key with an expiry or networks manages only keys within these limits, and does not lock itself out.</summary>
public sealed class KeyLimitGrantServerTests(KeyFleet fleet) : IClassFixture<KeyFleet>
{
    private static readonly string[] Star = ["*"];
    private static readonly string[] Loopback = ["127.0.0.0/8"];
    private static readonly string[] Narrower = ["127.0.0.1", "127.1.0.0/16"];
    private static readonly string[] Overlapping = ["127.0.0.1", "192.0.2.1"];

    private VaultClient Admin => fleet.Admin;

    [Fact]
    public async Task A_bound_key_creates_keys_only_within_its_bounds()
    {
        var own = DateTimeOffset.UtcNow.AddDays(1);
        using var bound = Admin.With((await CreateBoundAsync("bound", own)).Secret);

        (
            await bound.PostAsync(
                "keys",
                new
                {
                    name = "child",
                    expiresAt = own,
                    allowedCidrs = Loopback,
                }
            )
        ).Is(HttpStatusCode.Created);
        (
            await bound.PostAsync(
                "keys",
                new
                {
                    name = "child",
                    expiresAt = own.AddHours(-1),
                    allowedCidrs = Narrower,
                }
            )
        ).Is(HttpStatusCode.Created);
        (await bound.PostAsync("keys", new { name = "child", allowedCidrs = Loopback })).IsForbidden();
        (
            await bound.PostAsync(
                "keys",
                new
                {
                    name = "child",
                    expiresAt = own.AddSeconds(1),
                    allowedCidrs = Loopback,
                }
            )
        ).IsForbidden();
        (await bound.PostAsync("keys", new { name = "child", expiresAt = own })).IsForbidden();
        (
            await bound.PostAsync(
                "keys",
                new
                {
                    name = "child",
                    expiresAt = own,
                    allowedCidrs = Overlapping,
                }
            )
        ).IsForbidden();
    }

    [Fact]
    public async Task A_bound_key_changes_and_rotates_keys_only_within_its_bounds()
    {
        var own = DateTimeOffset.UtcNow.AddDays(1);
        var created = await CreateBoundAsync("bound", own);
        using var bound = Admin.With(created.Secret);

        var unbound = await fleet.CreateAsync(new { name = "unbound" });
        (await bound.PatchAsync($"keys/{unbound.Id}", """{"name":"mine"}""")).IsForbidden();
        (await bound.PatchAsync($"keys/{unbound.Id}", new { expiresAt = own, allowedCidrs = Loopback })).IsForbidden();
        (await bound.PostAsync($"keys/{unbound.Id}/rotate", "{}")).IsForbidden();

        var child = await fleet.CreateAsync(
            new
            {
                name = "child",
                expiresAt = own,
                allowedCidrs = Loopback,
            }
        );
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
    public async Task A_key_does_not_lock_itself_out_without_force(string patch)
    {
        var created = await fleet.CreateAsync(new { name = "clumsy", grantAccess = Star });
        using var client = Admin.With(created.Secret);

        (await client.PatchAsync($"keys/{created.Id}", patch)).IsProblem(HttpStatusCode.Conflict, "conflict");
        (await client.PatchAsync($"keys/{created.Id}?force=false", patch)).IsProblem(HttpStatusCode.Conflict, "conflict");
        (await client.PatchAsync($"keys/{created.Id}?force=1", patch)).IsInvalid("force");
        (await client.GetAsync("keys")).Is(HttpStatusCode.OK);
        (await client.PatchAsync($"keys/{created.Id}?force=true", patch)).Is(HttpStatusCode.OK);
        (await client.GetAsync("keys")).IsUnauthorized();
        Assert.StartsWith(
            "by force; state of ",
            (await fleet.AuditedAsync("key.update", created.Id)).GetProperty("reason").GetString(),
            StringComparison.Ordinal
        );
    }

    private Task<CreatedKey> CreateBoundAsync(string name, DateTimeOffset expiresAt) =>
        fleet.CreateAsync(
            new
            {
                name,
                grantAccess = Star,
                expiresAt,
                allowedCidrs = Loopback,
            }
        );
}
