using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Keys;

/// <summary>Rotation gives a key a new secret, and the previous secret works until the overlap ends.</summary>
public sealed class KeyRotationServerTests(KeyFleet fleet) : IClassFixture<KeyFleet>
{
    private static readonly string[] Star = ["*"];
    private static readonly HttpStatusCode[] Taken = [HttpStatusCode.OK, HttpStatusCode.OK];
    private static readonly HttpStatusCode[] Refused = [HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized];

    private VaultClient Admin => fleet.Admin;

    [Fact]
    public async Task A_rotated_key_is_the_same_key_with_another_secret()
    {
        var key = await ReaderAsync();
        await fleet.RememberAsync(key.Secret);
        var before = await Admin.GetAsync($"keys/{key.Id}");

        var asked = DateTimeOffset.UtcNow;
        var answer = (await Admin.PostAsync($"keys/{key.Id}/rotate", """{"overlapSeconds":3600}""")).Is(HttpStatusCode.OK);

        Assert.Matches("^axv_sk_[0-9A-Za-z]{49}$", answer.Json.GetProperty("secret").GetString());
        Assert.NotEqual(key.Secret, answer.Json.GetProperty("secret").GetString());
        Assert.All(["id", "name", "readAccess", "writeAccess", "grantAccess", "createdAt"], member => Assert.Equal(before.Raw(member), answer.Raw(member)));
        Assert.InRange(
            answer.Json.GetProperty("previousSecretExpiresAt").GetDateTimeOffset() - asked,
            TimeSpan.FromSeconds(3599.9),
            TimeSpan.FromSeconds(3660)
        );
        var shown = await Admin.GetAsync($"keys/{key.Id}");
        Assert.Equal(answer.Raw("previousSecretExpiresAt"), shown.Raw("previousSecretExpiresAt"));
        Assert.DoesNotContain("secret", shown.Members);
        Assert.Equal([.. Taken, .. Taken], [.. await fleet.ReadAsync(answer.Json.GetProperty("secret").GetString()!), .. await fleet.ReadAsync(key.Secret)]);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"overlapSeconds":null}""")]
    [InlineData(null)]
    public async Task The_previous_secret_works_for_one_more_day_by_default(string? body)
    {
        var key = await ReaderAsync();

        var answer = body is null ? await Admin.SendAsync(HttpMethod.Post, $"keys/{key.Id}/rotate") : await Admin.PostAsync($"keys/{key.Id}/rotate", body);

        var until = answer.Is(HttpStatusCode.OK).Json.GetProperty("previousSecretExpiresAt").GetDateTimeOffset();
        Assert.InRange(until - DateTimeOffset.UtcNow, TimeSpan.FromHours(23.9), TimeSpan.FromHours(24));
        Assert.Equal(Taken, await fleet.ReadAsync(key.Secret));
    }

    [Fact]
    public async Task The_previous_secret_stops_when_the_overlap_ends_also_when_it_is_cached()
    {
        var key = await ReaderAsync();
        var rotated = await RotateAsync(Admin, key.Id, 2);
        var until = (await Admin.GetAsync($"keys/{key.Id}")).Json.GetProperty("previousSecretExpiresAt").GetDateTimeOffset().AddMilliseconds(1);
        using var plain = Admin.With(key.Secret);
        using var proxied = fleet.ProxiedAdmin.With(key.Secret);
        foreach (var client in new[] { plain, proxied })
        {
            await Until.HoldsAsync(
                async () =>
                {
                    var asked = DateTimeOffset.UtcNow;
                    var status = (await client.GetAsync(KeyFleet.Path)).Status;
                    Assert.True(asked < until || status == HttpStatusCode.Unauthorized, $"{status} {asked - until} after the overlap");
                    return status == HttpStatusCode.Unauthorized;
                },
                "the overlap is over"
            );
            Assert.True(DateTimeOffset.UtcNow >= until.AddMilliseconds(-1), "The secret stopped before the overlap was over.");
        }

        Assert.Equal(Taken, await fleet.ReadAsync(rotated));
        Assert.DoesNotContain("previousSecretExpiresAt", (await Admin.GetAsync($"keys/{key.Id}")).Members);
    }

    [Fact]
    public async Task A_rotation_without_overlap_stops_the_old_secret_everywhere_and_audits_its_use()
    {
        for (var round = 0; round < 5; round++)
        {
            var key = await ReaderAsync();
            await fleet.RememberAsync(key.Secret);

            var rotated = await RotateAsync(round % 2 == 0 ? Admin : fleet.ProxiedAdmin, key.Id, 0);

            Assert.Equal(
                [.. Refused, .. Taken, .. Refused],
                [.. await fleet.ReadAsync(key.Secret), .. await fleet.ReadAsync(rotated), .. await fleet.ReadAsync(key.Secret)]
            );
            Assert.DoesNotContain("previousSecretExpiresAt", (await Admin.GetAsync($"keys/{key.Id}")).Members);
            var entry = await fleet.AuditedAsync("authenticate", key.Id);
            Assert.Equal(
                ("denied", $"with the previous secret: the secret of the API key {key.Id} was replaced and is no longer valid"),
                (entry.GetProperty("outcome").GetString(), entry.GetProperty("reason").GetString())
            );
        }
    }

    [Fact]
    public async Task A_second_rotation_stops_the_oldest_secret_at_once()
    {
        var key = await ReaderAsync();
        var second = await RotateAsync(Admin, key.Id, 3600);
        await fleet.RememberAsync(key.Secret);
        await fleet.RememberAsync(second);

        var third = await RotateAsync(Admin, key.Id, 3600);

        Assert.Equal(
            [.. Refused, .. Taken, .. Taken],
            [.. await fleet.ReadAsync(key.Secret), .. await fleet.ReadAsync(second), .. await fleet.ReadAsync(third)]
        );

        var fourth = await RotateAsync(Admin, key.Id, 0);
        Assert.Equal([.. Refused, .. Refused, .. Taken], [.. await fleet.ReadAsync(second), .. await fleet.ReadAsync(third), .. await fleet.ReadAsync(fourth)]);
    }

    [Fact]
    public async Task The_audit_log_and_the_key_show_the_use_of_the_previous_secret()
    {
        var key = await ReaderAsync();
        var rotated = await RotateAsync(Admin, key.Id, 3600);
        Assert.StartsWith(
            "the secret before works for 3600 s; state of ",
            (await fleet.AuditedAsync("key.rotate", key.Id)).GetProperty("reason").GetString(),
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("previousSecretLastUsedAt", (await Admin.GetAsync($"keys/{key.Id}")).Members);

        using var after = Admin.With(rotated);
        (await after.GetAsync(KeyFleet.Path)).Is(HttpStatusCode.OK);
        Assert.False((await fleet.AuditedAsync("credential.read", key.Id)).TryGetProperty("reason", out _));
        Assert.DoesNotContain("previousSecretLastUsedAt", (await Admin.GetAsync($"keys/{key.Id}")).Members);

        using var before = Admin.With(key.Secret);
        (await before.GetAsync(KeyFleet.Path)).Is(HttpStatusCode.OK);
        Assert.Equal("with the previous secret", (await fleet.AuditedAsync("credential.read", key.Id)).GetProperty("reason").GetString());
        (await before.PutCredentialAsync("not-mine")).IsForbidden();
        Assert.StartsWith(
            "with the previous secret: ",
            (await fleet.AuditedAsync("credential.put", key.Id)).GetProperty("reason").GetString(),
            StringComparison.Ordinal
        );
        var shown = (await Admin.GetAsync($"keys/{key.Id}")).Json;
        Assert.InRange(DateTimeOffset.UtcNow - shown.GetProperty("previousSecretLastUsedAt").GetDateTimeOffset(), TimeSpan.Zero, TimeSpan.FromMinutes(1));

        // After the next rotation another secret is the previous one.
        await RotateAsync(Admin, key.Id, 3600);
        Assert.DoesNotContain("previousSecretLastUsedAt", (await Admin.GetAsync($"keys/{key.Id}")).Members);
    }

    [Theory]
    [InlineData("*", "claude.*", HttpStatusCode.OK)]
    [InlineData("claude.*", "claude.*", HttpStatusCode.OK)]
    [InlineData("claude.*", "codex", HttpStatusCode.Forbidden)]
    [InlineData("claude.*", "*", HttpStatusCode.Forbidden)]
    [InlineData("", "claude.*", HttpStatusCode.Forbidden)]
    public async Task A_key_is_rotated_by_a_key_that_may_grant_its_access(string grant, string access, HttpStatusCode status)
    {
        using var client = await Admin.WithNewKeyAsync(["*"], ["*"], grant.Split(',', StringSplitOptions.RemoveEmptyEntries));
        foreach (var list in new[] { "readAccess", "writeAccess", "grantAccess" })
        {
            var key = await fleet.CreateAsync(new Dictionary<string, object> { ["name"] = "rotated", [list] = new[] { access } });

            var answer = (await client.PostAsync($"keys/{key.Id}/rotate", "{}")).Is(status);

            Assert.Equal(status == HttpStatusCode.OK, answer.Text.Contains("axv_sk_", StringComparison.Ordinal));
            using var owner = Admin.With(key.Secret);
            (await owner.GetAsync("credentials")).Is(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Any_key_rotates_itself_with_its_current_secret_and_not_with_the_previous_one()
    {
        foreach (
            var key in new[] { await fleet.CreateAsync(new { name = "powerless" }), await fleet.CreateAsync(new { name = "powerful", grantAccess = Star }) }
        )
        {
            using var first = Admin.With(key.Secret);
            using var second = Admin.With(await RotateAsync(first, key.Id, 3600));

            (await first.PostAsync($"keys/{key.Id}/rotate", """{"overlapSeconds":0}""")).IsForbidden();
            (await first.GetAsync("credentials")).Is(HttpStatusCode.OK);
            using var third = Admin.With(await RotateAsync(second, key.Id, 0));
            (await second.GetAsync("credentials")).IsUnauthorized();
            (await third.GetAsync("credentials")).Is(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Only_one_of_many_concurrent_self_rotations_succeeds()
    {
        for (var round = 0; round < 10; round++)
        {
            var key = await fleet.CreateAsync(new { name = "renewed" });
            using var plain = Admin.With(key.Secret);
            using var proxied = fleet.ProxiedAdmin.With(key.Secret);

            var answers = await Task.WhenAll(
                Enumerable
                    .Range(0, 6)
                    .Select(i => (i % 2 == 0 ? plain : proxied).PostAsync($"keys/{key.Id}/rotate", $$"""{"overlapSeconds":{{(round % 2) * 60}}}"""))
            );

            var one = Assert.Single(answers, static answer => answer.Status == HttpStatusCode.OK);
            Assert.All(answers, static answer =>
                Assert.Contains(answer.Status, new[] { HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.Unauthorized })
            );
            using var renewed = Admin.With(one.Json.GetProperty("secret").GetString());
            (await renewed.GetAsync("credentials")).Is(HttpStatusCode.OK);
        }
    }

    [Theory]
    [InlineData("""{"overlapSeconds":-1}""", "overlapSeconds")]
    [InlineData("""{"overlapSeconds":2592001}""", "overlapSeconds")]
    [InlineData("""{"overlapSeconds":1.5}""", "overlapSeconds")]
    [InlineData("""{"overlapSeconds":1e3}""", "overlapSeconds")]
    [InlineData("""{"overlapSeconds":99999999999999999999}""", "overlapSeconds")]
    [InlineData("""{"overlapSeconds":"60"}""", "overlapSeconds")]
    [InlineData("""{"overlapSeconds":true}""", "overlapSeconds")]
    [InlineData("""{"overlapSeconds":[0]}""", "overlapSeconds")]
    [InlineData("""{"overlapSeconds":0,"overlapSeconds":0}""", "overlapSeconds")]
    [InlineData("[]", "")]
    [InlineData("7", "")]
    [InlineData("{", "")]
    public async Task A_body_that_breaks_a_rule_is_400_and_the_secret_still_works(string body, string field)
    {
        var key = await ReaderAsync();

        (await Admin.PostAsync($"keys/{key.Id}/rotate", body)).IsInvalid(field);

        Assert.Equal(Taken, await fleet.ReadAsync(key.Secret));
        Assert.DoesNotContain("previousSecretExpiresAt", (await Admin.GetAsync($"keys/{key.Id}")).Members);
    }

    [Theory]
    [InlineData("k_0123456789ab")]
    [InlineData("nonsense")]
    public async Task A_missing_key_is_404_for_administrators_and_403_for_other_keys(string id)
    {
        using var limited = await Admin.WithNewKeyAsync(["*"], ["*"], ["claude.*"]);

        (await Admin.PostAsync($"keys/{id}/rotate", "{}")).IsNotFound();
        (await limited.PostAsync($"keys/{id}/rotate", "{}")).IsForbidden();
    }

    [Fact]
    public async Task Only_the_hash_of_each_secret_is_stored()
    {
        var key = await ReaderAsync();
        var rotated = await RotateAsync(Admin, key.Id, 3600);

        var contents = await DatabaseContents.ReadAsync(fleet.ConnectionString);

        Assert.All([key.Secret, rotated], secret =>
        {
            Assert.False(contents.Holds(secret["axv_sk_".Length..]));
            Assert.True(contents.Holds(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(secret))));
        });
    }

    private Task<CreatedKey> ReaderAsync() => fleet.CreateAsync(new { name = "reader", readAccess = Star });

    private static async Task<string> RotateAsync(VaultClient client, string id, int overlap) =>
        (await client.PostAsync($"keys/{id}/rotate", new { overlapSeconds = overlap })).Is(HttpStatusCode.OK).Json.GetProperty("secret").GetString()!;
}
