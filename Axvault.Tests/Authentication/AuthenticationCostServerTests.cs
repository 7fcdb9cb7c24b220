using System.Net;
using Axvault.Api.Keys;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Npgsql;

namespace Axvault.Tests.Authentication;

/// <summary>The cost of a refusal shows an attacker only that a secret was mistyped, because its checksum is checked without a query.</summary>
public sealed class AuthenticationCostServerTests(VaultGraph graph)
{
    private const int Requests = 20;

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task Known_unknown_expired_and_misplaced_secrets_cost_the_same_and_mistyped_ones_none()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(
            new ServerSettings("") { DatabaseUrl = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false }.ConnectionString }
        );
        using var admin = server.Client(server.BootstrapSecret);
        using var powerless = await admin.WithNewKeyAsync();
        using var unknown = admin.With(ApiKeySecret.Create().Reveal());
        using var mistyped = admin.With(admin.Secret![..^1] + (admin.Secret[^1] == 'x' ? 'y' : 'x'));

        using var expired = await BoundAsync(admin, """{"name":"expired","expiresAt":"2099-01-01T00:00:00Z"}""", """{"expiresAt":"2020-01-01T00:00:00Z"}""");
        using var elsewhere = await BoundAsync(admin, """{"name":"elsewhere"}""", """{"allowedCidrs":["192.0.2.0/24"]}""");

        // A refused list of keys reads only the key of the caller, so its cost is the cost of authentication. One statement may scan two indexes.
        var known = await CountAsync(database, () => powerless.GetAsync("keys"), HttpStatusCode.Forbidden);
        Assert.InRange(known, 1, 2);
        Assert.Equal(known, await CountAsync(database, () => unknown.GetAsync("keys"), HttpStatusCode.Unauthorized));
        Assert.Equal(known, await CountAsync(database, () => expired.GetAsync("keys"), HttpStatusCode.Unauthorized));
        Assert.Equal(known, await CountAsync(database, () => elsewhere.GetAsync("keys"), HttpStatusCode.Unauthorized));
        Assert.Equal(0, await CountAsync(database, () => mistyped.GetAsync("keys"), HttpStatusCode.Unauthorized));
    }

    private static async Task<VaultClient> BoundAsync(VaultClient admin, string key, string limit)
    {
        var created = (await admin.PostAsync("keys", key)).Is(HttpStatusCode.Created).Json;
        (await admin.PatchAsync($"keys/{created.GetProperty("id").GetString()}", limit)).Is(HttpStatusCode.OK);
        return admin.With(created.GetProperty("secret").GetString());
    }

    // Returns the scans of the key table for one request.
    private static async Task<long> CountAsync(TestDatabase database, Func<Task<Answer>> request, HttpStatusCode expected)
    {
        // The server's own work also scans the table, by time rather than by request. The least of three rounds has the least of it, and the division
        // drops what is left, as long as the server's own scans of one round are fewer than its requests.
        var least = long.MaxValue;
        for (var round = 0; round < 3; round++)
        {
            var before = await SettledAsync(database);
            for (var i = 0; i < Requests; i++)
            {
                (await request()).Is(expected);
            }

            least = Math.Min(least, await SettledAsync(database) - before);
        }

        return least / Requests;
    }

    // Returns the number of scans of the key table, with and without an index. A connection reports its scans at the latest when it ends, so wait until
    // the connections have ended. The connection of the audit log stays open, but reads no key here.
    private static async Task<long> SettledAsync(TestDatabase database)
    {
        await Until.HoldsAsync(
            async () =>
                await DatabaseContents.ScalarAsync<long>(
                    database.ConnectionString,
                    "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and query not like '%audit_append%'"
                ) == 0,
            "the server's connections have ended"
        );
        return await DatabaseContents.ScalarAsync<long>(
            database.ConnectionString,
            "select seq_scan + coalesce(idx_scan, 0) from pg_stat_user_tables where schemaname = 'axvault' and relname = 'api_key'"
        );
    }
}
