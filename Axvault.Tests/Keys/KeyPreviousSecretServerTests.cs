using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Keys;

/// <summary>The rights of a secret that a rotation has replaced, until it stops.</summary>
public sealed class KeyPreviousSecretServerTests(KeyFleet fleet) : IClassFixture<KeyFleet>
{
    private static readonly string[] Star = ["*"];

    private VaultClient Admin => fleet.Admin;

    [Fact]
    public async Task A_previous_secret_reads_and_writes_but_changes_no_key()
    {
        var key = await fleet.CreateAsync(
            new
            {
                name = "helper",
                readAccess = Star,
                writeAccess = Star,
                grantAccess = Star,
            }
        );
        var other = await fleet.CreateAsync(new { name = "reader", readAccess = Star });
        var rotated = (await Admin.PostAsync($"keys/{key.Id}/rotate", "{}")).Is(HttpStatusCode.OK);
        using var present = Admin.With(rotated.Json.GetProperty("secret").GetString()!);
        using var previous = Admin.With(key.Secret);

        List<string> refusals = [];
        foreach (var id in new[] { other.Id, key.Id, "k_0123456789ab", "nonsense" })
        {
            refusals.Add((await previous.PatchAsync($"keys/{id}", """{"name":"mine"}""")).IsProblem(HttpStatusCode.Forbidden, "forbidden"));
            refusals.Add((await previous.PostAsync($"keys/{id}/rotate", "{}")).IsProblem(HttpStatusCode.Forbidden, "forbidden"));
            refusals.Add((await previous.DeleteAsync($"keys/{id}?force=true")).IsProblem(HttpStatusCode.Forbidden, "forbidden"));
        }

        refusals.Add((await previous.PostAsync("keys", """{"name":"new","readAccess":["a"]}""")).IsProblem(HttpStatusCode.Forbidden, "forbidden"));
        Assert.Contains("was replaced by a rotation", Assert.Single(refusals.Distinct()), StringComparison.Ordinal);
        Assert.Contains(
            "with the previous secret: The secret of this request was replaced",
            (await fleet.AuditedAsync("key.create", key.Id)).GetProperty("reason").GetString(),
            StringComparison.Ordinal
        );

        (await previous.PutCredentialAsync("by-previous")).Is(HttpStatusCode.Created);
        (await previous.GetAsync("credentials/by-previous")).Is(HttpStatusCode.OK);
        (await previous.DeleteAsync("credentials/by-previous")).Is(HttpStatusCode.NoContent);
        (await previous.GetAsync($"keys/{other.Id}")).Is(HttpStatusCode.OK);
        Assert.Equal("reader", (await present.GetAsync($"keys/{other.Id}")).Json.GetProperty("name").GetString());
        (await present.PatchAsync($"keys/{other.Id}", """{"name":"renamed"}""")).Is(HttpStatusCode.OK);
    }
}
