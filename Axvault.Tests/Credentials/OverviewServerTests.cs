using System.Globalization;
using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Credentials;

/// <summary>The numbers of credentials.</summary>
public sealed class OverviewServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private VaultClient Admin => vault.Admin;

    [Fact]
    public async Task A_key_counts_what_it_may_read_and_nothing_else()
    {
        (await Admin.PutCredentialAsync("num.a")).Is(HttpStatusCode.Created);
        (await Admin.PutCredentialAsync("num.b")).Is(HttpStatusCode.Created);
        (await Admin.PutCredentialAsync("other.a")).Is(HttpStatusCode.Created);
        (await Admin.DeleteAsync("credentials/num.b")).Is(HttpStatusCode.NoContent);
        using var reader = await Admin.WithNewKeyAsync(read: ["num.*"]);
        using var nothing = await Admin.WithNewKeyAsync(write: ["*"], grant: ["*"]);

        Assert.Equal(
            """{"credentials":1,"dueWithinDay":0,"expired":0,"attention":0,"byStatus":{"none":1},"byType":{"api-key":1},"expiries":[]}""",
            (await reader.GetAsync("overview")).Is(HttpStatusCode.OK).Text
        );
        Assert.Equal(
            """{"credentials":0,"dueWithinDay":0,"expired":0,"attention":0,"byStatus":{},"byType":{},"expiries":[]}""",
            (await nothing.GetAsync("overview")).Is(HttpStatusCode.OK).Text
        );
    }

    [Fact]
    public async Task An_expired_access_token_with_a_living_refresh_token_is_healthy()
    {
        // The status of a refresh, with an expiry two hours ago. A token without a refresh token has no noted expiry.
        await InsertAsync("alive.never", "oauth-credentials", -2, null);
        await InsertAsync("alive.ok", "oauth-credentials", -2, "ok");
        await InsertAsync("alive.retrying", "oauth-credentials", -2, "retrying");
        await InsertAsync("alive.failed", "oauth-credentials", -2, "failed");
        await InsertAsync("alive.unknown", "oauth-credentials", -2, "unknown");
        await InsertAsync("alive.without", "oauth-credentials", -2, null, isRefreshable: false);
        await InsertAsync("alive.token", "oauth-token", -2, null);
        using var reader = await Admin.WithNewKeyAsync(read: ["alive.*"]);

        var overview = (await reader.GetAsync("overview")).Is(HttpStatusCode.OK).Json;

        Assert.Equal((7, 0, 4, 3), Numbers(overview));
        Assert.Equal("""{"failed":1,"none":3,"ok":1,"retrying":1,"unknown":1}""", overview.GetProperty("byStatus").GetRawText());
        Assert.Equal("""{"oauth-credentials":6,"oauth-token":1}""", overview.GetProperty("byType").GetRawText());
        Assert.Equal(3, Listed(await reader.GetAsync("credentials?status=attention")));
        Assert.Equal(3, Listed(await reader.GetAsync("credentials?status=none")));
    }

    [Fact]
    public async Task Expiries_of_seven_days_are_told_by_the_hour()
    {
        await InsertAsync("soon.renewed", "oauth-credentials", 5, "ok");
        await InsertAsync("soon.failed", "oauth-credentials", 5, "failed");
        await InsertAsync("soon.token", "oauth-token", 5, null);
        await InsertAsync("soon.later", "oauth-token", 100, null);
        await InsertAsync("soon.beyond", "oauth-token", 24 * 8, null);
        using var reader = await Admin.WithNewKeyAsync(read: ["soon.*"]);

        var overview = (await reader.GetAsync("overview")).Is(HttpStatusCode.OK).Json;

        Assert.Equal((5, 2, 0, 1), Numbers(overview));
        var hours = overview.GetProperty("expiries").EnumerateArray().ToList();
        Assert.Equal(
            [(1L, 2L), (0L, 1L)],
            hours.Select(static hour => (hour.GetProperty("refreshed").GetInt64(), hour.GetProperty("ending").GetInt64()))
        );
        Assert.All(hours, static hour => Assert.EndsWith(":00:00.000Z", hour.GetProperty("start").GetString(), StringComparison.Ordinal));
        Assert.Equal(95, (hours[1].GetProperty("start").GetDateTimeOffset() - hours[0].GetProperty("start").GetDateTimeOffset()).TotalHours);
    }

    private static (long, long, long, long) Numbers(JsonElement overview)
    {
        return (Number("credentials"), Number("dueWithinDay"), Number("expired"), Number("attention"));

        long Number(string name) => overview.GetProperty(name).GetInt64();
    }

    private static int Listed(Answer answer) => answer.Is(HttpStatusCode.OK).Json.GetProperty("credentials").GetArrayLength();

    private Task<int> InsertAsync(string name, string type, int hours, string? status, bool isRefreshable = true) =>
        DatabaseContents.ExecuteAsync(
            vault.ConnectionString,
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                with version as (
                  insert into axvault.credential_version (id, name, type, expires_at, envelope, created_at, updated_at, current_since)
                  values (gen_random_uuid(), '{name}', '{type}', date_trunc('hour', now()) + interval '{hours} hours 30 minutes',
                    '\x02'::bytea || sha512('x') || sha256('x'), now(), now(), now())
                  returning name, id, type, expires_at),
                pointer as (insert into axvault.credential (name, version_id) select name, id from version),
                refresh as (
                  insert into axvault.credential_refresh (version_id, revision, token_expires_at, status, error, next_at)
                  select id, 1, case when {isRefreshable} then expires_at end, {(status is null ? "null" : $"'{status}'")},
                    case when {status is null or "ok"} then null else 'invalid_grant' end, now() + interval '1 day'
                  from version where type = 'oauth-credentials')
                select 1
                """
            )
        );
}
