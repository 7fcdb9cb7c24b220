using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Rotation;

/// <summary>The servers of a vault, as an administrator sees them.</summary>
public sealed class ServerListServerTests(VaultGraph graph)
{
    [Fact]
    public async Task Each_server_knows_all_servers_and_itself()
    {
        await using var lab = await RotationLab.CreateAsync(graph);
        var one = await lab.StartAsync(RotationLab.Old);
        var two = await lab.StartAsync(RotationLab.Old);

        var (first, second) = (await ReadAsync(lab, one), await ReadAsync(lab, two));

        Assert.Equal(["servers", "spool", "audit"], first.EnumerateObject().Select(static member => member.Name));
        Assert.Equal("""{"state":"ok"}""", first.GetProperty("audit").GetRawText());
        Assert.Equal(0, first.GetProperty("spool").GetInt64());
        Assert.Equal(2, Servers(first).Count);
        Assert.Equal(Servers(first).Select(Id), Servers(second).Select(Id));
        Assert.NotEqual(Id(Assert.Single(Servers(first), IsThis)), Id(Assert.Single(Servers(second), IsThis)));
        var kek = await lab.IdAsync(RotationLab.Old);
        Assert.All(
            Servers(second),
            server =>
            {
                Assert.Equal((kek, false), (server.GetProperty("kek").GetString(), server.GetProperty("silent").GetBoolean()));
                Assert.Matches(@"^[0-9]+\.[0-9]+\.[0-9]+", server.GetProperty("version").GetString());
                Assert.True(server.GetProperty("presentSince").GetDateTimeOffset() <= server.GetProperty("seenAt").GetDateTimeOffset());
            }
        );
        // Each server has written the entry of its own start, and so has a lane.
        Assert.All(Servers(second), static server => Assert.InRange(server.GetProperty("lanes").GetInt64(), 1, 32));
    }

    [Fact]
    public async Task A_server_of_an_older_version_has_no_version_and_a_dead_one_is_silent()
    {
        await using var lab = await RotationLab.CreateAsync(graph);
        var server = await lab.StartAsync(RotationLab.Old);
        await DatabaseContents.ExecuteAsync(lab.ConnectionString, Copy("older", "now()"));

        var older = Assert.Single(Servers(await ReadAsync(lab, server)), static one => one.GetProperty("name").GetString() == "older");
        Assert.False(older.TryGetProperty("version", out _));
        Assert.Equal(0, older.GetProperty("lanes").GetInt64());
        // Another server may remove the row at any time.
        await Until.HoldsAsync(
            async () =>
            {
                await DatabaseContents.ExecuteAsync(lab.ConnectionString, Copy("dead", "now() - interval '1 hour'"));
                return Servers(await ReadAsync(lab, server))
                    .Any(static one => one.GetProperty("name").GetString() == "dead" && one.GetProperty("silent").GetBoolean());
            },
            "a dead server is silent"
        );
    }

    [Fact]
    public async Task A_rotation_shows_its_progress_until_it_is_done()
    {
        await using var lab = await RotationLab.CreateAsync(graph);
        var old = await lab.StartAsync(RotationLab.Old);
        await lab.UntilMovedAsync(RotationLab.Old);
        await lab.SeedAsync(RotationLab.Old, 300);
        Assert.False((await ReadAsync(lab, old)).TryGetProperty("rotation", out _));

        // While the two servers encrypt with different keys, nothing is moved.
        await old.StopAsync();
        var first = await lab.StartAsync(RotationLab.Old, RotationLab.New);
        var second = await lab.StartAsync(RotationLab.New, RotationLab.Old);
        var rotation = (await ReadAsync(lab, second)).GetProperty("rotation");

        Assert.Equal(await lab.IdAsync(RotationLab.New), rotation.GetProperty("kek").GetString());
        Assert.InRange(rotation.GetProperty("total").GetInt64(), 301, 400);
        Assert.Equal(
            rotation.GetProperty("total").GetInt64(),
            rotation.GetProperty("rows").EnumerateArray().Sum(static one => one.GetProperty("rows").GetInt64())
        );
        Assert.InRange(rotation.GetProperty("done").GetInt64(), 0, rotation.GetProperty("total").GetInt64());

        await first.StopAsync();
        await lab.UntilMovedAsync(RotationLab.New);
        Assert.False((await ReadAsync(lab, second)).TryGetProperty("rotation", out _));
    }

    [Fact]
    public async Task Rows_that_do_not_open_stay_in_the_rotation()
    {
        await using var lab = await RotationLab.CreateAsync(graph);
        var server = await lab.StartAsync(RotationLab.Old);
        await lab.UntilMovedAsync(RotationLab.Old);
        await DatabaseContents.ExecuteAsync(
            lab.ConnectionString,
            """
            insert into axvault.credential_version (id, name, type, envelope, created_at, updated_at, current_since)
            values (gen_random_uuid(), 'foreign', 'api-key', '\x02'::bytea || sha512('x') || sha256('x'), now(), now(), now())
            """
        );

        var rotation = (await ReadAsync(lab, server)).GetProperty("rotation");

        Assert.Equal(1, rotation.GetProperty("total").GetInt64() - rotation.GetProperty("done").GetInt64());
        Assert.Equal(2, rotation.GetProperty("rows").GetArrayLength());
    }

    private static async Task<JsonElement> ReadAsync(RotationLab lab, VaultServer server)
    {
        using var admin = lab.Admin(server);
        return (await admin.GetAsync("servers")).Is(HttpStatusCode.OK).Json;
    }

    private static List<JsonElement> Servers(JsonElement fleet) => [.. fleet.GetProperty("servers").EnumerateArray()];

    private static string? Id(JsonElement server) => server.GetProperty("id").GetString();

    private static bool IsThis(JsonElement server) => server.GetProperty("this").GetBoolean();

    private static string Copy(string name, string seenAt) =>
        $"""
        insert into axvault.server (id, name, kek_ids, encrypts_with, seen_at)
        select gen_random_uuid(), '{name}', kek_ids, encrypts_with, {seenAt} from axvault.server where version is not null limit 1
        """;
}
