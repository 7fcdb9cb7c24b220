using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Keys;

/// <summary>
/// The last permanent administrator, a key without limits that grants everything, is not removed by mistake. Each test leaves the bootstrap key as the
/// only administrator.
/// </summary>
public sealed class LastAdministratorServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private static readonly string[] Star = ["*"];

    private VaultClient Admin => vault.Admin;

    [Theory]
    [InlineData("""{"grantAccess":[]}""")]
    [InlineData("""{"grantAccess":["claude.*"]}""")]
    [InlineData("""{"expiresAt":"2099-01-01T00:00:00Z"}""")]
    [InlineData("""{"expiresAt":"2020-01-01T00:00:00Z"}""")]
    [InlineData("""{"allowedCidrs":["127.0.0.0/8"]}""")]
    public async Task The_last_permanent_administrator_is_not_demoted(string patch)
    {
        var path = $"keys/{await FirstAsync()}";
        await WithBoundAdministratorsAsync(async () =>
        {
            Assert.Contains("force=true", (await Admin.PatchAsync(path, patch)).IsProblem(HttpStatusCode.Conflict, "conflict"), StringComparison.Ordinal);
            (await Admin.PatchAsync($"{path}?force=yes", patch)).IsInvalid("force");
        });

        Assert.Equal("""["*"]""", (await Admin.GetAsync(path)).Raw("grantAccess"));
        (await Admin.PatchAsync(path, """{"name":"Bootstrap Admin","readAccess":["*"],"grantAccess":["*","a"]}""")).Is(HttpStatusCode.OK);
        (await Admin.PatchAsync(path, """{"grantAccess":["*"]}""")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_last_permanent_administrator_is_not_deleted_by_any_key()
    {
        var path = $"keys/{await FirstAsync()}";
        await WithBoundAdministratorsAsync(async () =>
        {
            (await Admin.DeleteAsync(path)).IsProblem(HttpStatusCode.Conflict, "conflict");
            using var bound = await CreateAsync("""{"name":"bound","grantAccess":["*"],"allowedCidrs":["127.0.0.0/8"]}""");
            (await bound.Client.DeleteAsync(path)).IsProblem(HttpStatusCode.Conflict, "conflict");
            (await Admin.DeleteAsync($"keys/{bound.Id}")).Is(HttpStatusCode.NoContent);
        });

        (await Admin.GetAsync("keys")).Is(HttpStatusCode.OK);
        var entry = (await Admin.GetAsync("audit?action=key.delete&outcome=failure&limit=1")).Json.GetProperty("entries")[0];
        Assert.StartsWith("This is the last key that grants * ", entry.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_without_access_does_not_learn_which_administrator_is_the_last()
    {
        var first = await FirstAsync();
        using var limited = await Admin.WithNewKeyAsync(["*"], ["*"], ["claude.*"]);

        (await limited.DeleteAsync($"keys/{first}?force=true")).IsForbidden();
        (await limited.PatchAsync($"keys/{first}?force=true", """{"grantAccess":[]}""")).IsForbidden();
        (await limited.DeleteAsync($"keys/{first}")).IsForbidden();
    }

    [Fact]
    public async Task Other_keys_and_spare_administrators_are_removed_without_force()
    {
        var reader = await Admin.CreateKeyAsync(["*"], ["*"], ["a*"]);
        (await Admin.DeleteAsync($"keys/{reader.Id}")).Is(HttpStatusCode.NoContent);
        using var second = await CreateAsync("""{"name":"second","grantAccess":["*"]}""");

        (await Admin.PatchAsync($"keys/{await FirstAsync()}", """{"expiresAt":"2099-01-01T00:00:00Z"}""")).Is(HttpStatusCode.OK);
        (await second.Client.DeleteAsync($"keys/{second.Id}")).IsProblem(HttpStatusCode.Conflict, "conflict");
        (await second.Client.PatchAsync($"keys/{await FirstAsync()}", """{"expiresAt":null}""")).Is(HttpStatusCode.OK);
        (await second.Client.DeleteAsync($"keys/{second.Id}")).Is(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task The_last_of_several_concurrent_removals_of_administrators_is_refused()
    {
        for (var round = 0; round < 15; round++)
        {
            // The caller has limits, so only the other two keys are permanent administrators.
            using var bound = await CreateAsync("""{"name":"bound","grantAccess":["*"],"allowedCidrs":["127.0.0.0/8"]}""");
            using var second = await CreateAsync("""{"name":"second","readAccess":["*"],"writeAccess":["*"],"grantAccess":["*"]}""");
            var first = await FirstAsync();

            var answers = await Task.WhenAll(
                round % 3 == 0 ? [bound.Client.DeleteAsync($"keys/{second.Id}"), bound.Client.PatchAsync($"keys/{first}", """{"grantAccess":["a"]}""")]
                : round % 3 == 1
                    ?
                    [
                        bound.Client.PatchAsync($"keys/{second.Id}", """{"expiresAt":"2099-01-01T00:00:00Z"}"""),
                        Admin.PatchAsync($"keys/{first}", """{"allowedCidrs":["127.0.0.1"]}"""),
                    ]
                : new[] { Admin.PatchAsync($"keys/{first}", """{"grantAccess":["a"]}"""), second.Client.DeleteAsync($"keys/{second.Id}") }
            );

            Assert.All(answers, static answer =>
                Assert.Contains(answer.Status, new[] { HttpStatusCode.OK, HttpStatusCode.NoContent, HttpStatusCode.Conflict, HttpStatusCode.Forbidden })
            );
            Assert.Contains(answers, static answer => answer.Status is HttpStatusCode.Conflict or HttpStatusCode.Forbidden);
            Assert.Equal(
                1,
                await DatabaseContents.ScalarAsync<long>(
                    vault.ConnectionString,
                    "select count(*) from axvault.api_key where '*' = any (grant_access) and expires_at is null and allowed_cidrs = '{}'"
                )
            );
            await DatabaseContents.ExecuteAsync(
                vault.ConnectionString,
                $"update axvault.api_key set grant_access = '{{*}}', expires_at = null, allowed_cidrs = '{{}}' where id = '{first}'"
            );
            await VaultInsider.SealKeyAsync(vault.ConnectionString, first);
            await DatabaseContents.ExecuteAsync(vault.ConnectionString, $"delete from axvault.api_key where id in ('{second.Id}', '{bound.Id}')");
        }
    }

    private async Task<string> FirstAsync() =>
        (await Admin.GetAsync("keys"))
            .Is(HttpStatusCode.OK)
            .Json.GetProperty("keys")
            .EnumerateArray()
            .First(static key => key.GetProperty("name").GetString() == "Bootstrap Admin")
            .GetProperty("id")
            .GetString()!;

    // Runs an action while there are two more administrators with limits. They do not count as permanent ones.
    private async Task WithBoundAdministratorsAsync(Func<Task> act)
    {
        List<CreatedKey> bound = [];
        foreach (
            var limit in (object[])
                [
                    new
                    {
                        name = "expiring",
                        grantAccess = Star,
                        expiresAt = "2099-01-01T00:00:00Z",
                    },
                    new
                    {
                        name = "at home",
                        grantAccess = Star,
                        allowedCidrs = Loopback,
                    },
                ]
        )
        {
            var created = (await Admin.PostAsync("keys", limit)).Is(HttpStatusCode.Created).Json;
            bound.Add(new CreatedKey(created.GetProperty("id").GetString()!, created.GetProperty("secret").GetString()!));
        }

        await act();
        foreach (var key in bound)
        {
            (await Admin.DeleteAsync($"keys/{key.Id}")).Is(HttpStatusCode.NoContent);
        }
    }

    private static readonly string[] Loopback = ["127.0.0.0/8"];

    private async Task<OtherAdmin> CreateAsync(string body)
    {
        var created = (await Admin.PostAsync("keys", body)).Is(HttpStatusCode.Created).Json;
        return new OtherAdmin(created.GetProperty("id").GetString()!, Admin.With(created.GetProperty("secret").GetString()));
    }

    private sealed record OtherAdmin(string Id, VaultClient Client) : IDisposable
    {
        public void Dispose() => Client.Dispose();
    }
}
