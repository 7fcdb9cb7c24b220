using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Audit;

/// <summary>The lanes of servers that are killed, frozen and stopped, on a database that they share.</summary>
public sealed class LaneServerTests(VaultGraph graph)
{
    [Fact]
    public async Task A_frozen_server_whose_lanes_were_closed_opens_new_ones()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var frozen = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        await using var other = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var client = frozen.Client(frozen.BootstrapSecret);
        using var reader = other.Client(frozen.BootstrapSecret);
        (await client.PutCredentialAsync("before")).Is(HttpStatusCode.Created);
        var lanes = await DatabaseContents.ScalarAsync<long[]>(database.ConnectionString, LanesOfFirst);

        ProcessTree.Freeze(frozen.ProcessId);
        // Minutes of silence: the server has left the fleet, and its lanes are old.
        await ExecuteAsync(database, "delete from axvault.server s using axvault.lane l where l.server = s.id and l.id = $1", lanes[0]);
        await ExecuteAsync(database, "update axvault.lane set opened_at = opened_at - interval '1 hour'");
        await Until.HoldsAsync(async () => await LeftAsync(database, lanes) == 0, "another server has closed the lanes");
        ProcessTree.Thaw(frozen.ProcessId);

        (await client.PutCredentialAsync("after")).Is(HttpStatusCode.Created);
        (await client.GetAsync("credentials/before")).Is(HttpStatusCode.OK);
        (await reader.GetAsync("credentials/after")).Is(HttpStatusCode.OK);
        await IsValidAsync(reader);
        await IsValidAsync(client);
    }

    [Fact]
    public async Task A_killed_server_leaves_exactly_the_entries_of_its_puts()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var killed = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        var acknowledged = new ConcurrentBag<string>();
        var writers = Enumerable.Range(0, 8).Select(writer => Task.Run(() => PutAsync(killed, writer, acknowledged))).ToList();
        await Until.HoldsAsync(() => acknowledged.Count > 100, "100 puts are acknowledged");

        await killed.KillAsync();
        await Task.WhenAll(writers);

        await using var next = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var client = next.Client(killed.BootstrapSecret);
        await IsValidAsync(client);
        Assert.Equal(0, await DatabaseContents.ScalarAsync<long>(database.ConnectionString, Unmatched));
        foreach (var name in acknowledged)
        {
            (await client.GetAsync($"credentials/{name}")).Is(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task A_stopped_server_closes_its_lanes()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using (var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString)))
        {
            using var client = server.Client(server.BootstrapSecret);
            (await client.PutCredentialAsync("a")).Is(HttpStatusCode.Created);
            Assert.Equal(0, await server.StopAsync());
        }

        Assert.Equal(0, await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(*) from axvault.lane"));
    }

    // The server that has put a credential has two lanes: one for reads and one for changes.
    private const string LanesOfFirst = "select array(select id from axvault.lane where server = (select server from axvault.lane order by id limit 1))";

    // Names with a put but no entry of it, and names with an entry but no put.
    private const string Unmatched = """
        select count(*)
        from (select name from axvault.credential) c
        full join (select target from axvault.audit_entry where action = 'credential.put' and outcome = 'success') e on e.target = c.name
        where c.name is null or e.target is null
        """;

    private static async Task PutAsync(VaultServer server, int writer, ConcurrentBag<string> acknowledged)
    {
        using var client = server.Client(server.BootstrapSecret);
        for (var n = 0; ; n++)
        {
            try
            {
                var name = $"writer.{writer}.{n}";
                if ((await client.PutCredentialAsync(name)).Status == HttpStatusCode.Created)
                {
                    acknowledged.Add(name);
                }
            }
            catch (HttpRequestException)
            {
                return;
            }
        }
    }

    private static async Task IsValidAsync(VaultClient client)
    {
        var report = (await client.GetAsync("audit/verify")).Is(HttpStatusCode.OK);
        Assert.True(report.Json.GetProperty("valid").GetBoolean(), report.Text);
    }

    private static Task<int> ExecuteAsync(TestDatabase database, string sql, params object[] values) =>
        DatabaseContents.ExecuteAsync(database.ConnectionString, sql, values);

    private static Task<long> LeftAsync(TestDatabase database, long[] lanes) =>
        DatabaseContents.ScalarAsync<long>(
            database.ConnectionString,
            $"select count(*) from axvault.lane where id in ({string.Join(", ", lanes.Select(static lane => lane.ToString(CultureInfo.InvariantCulture)))})"
        );
}
