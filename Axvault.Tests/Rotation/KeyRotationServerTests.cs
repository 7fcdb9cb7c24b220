using System.Globalization;
using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using static Axvault.Tests.Rotation.RotationLab;

namespace Axvault.Tests.Rotation;

/// <summary>The encryption key is replaced while servers run. No server writes data that another cannot read, and the old key can go at the end.</summary>
public sealed class KeyRotationServerTests(VaultGraph graph)
{
    [Fact]
    public async Task A_new_key_is_used_once_every_server_has_it_and_then_the_old_one_can_go()
    {
        await using var lab = await CreateAsync(graph);
        var first = await lab.StartAsync(Old);
        using var old = lab.Admin(first);
        (await old.PutCredentialAsync("before", """{ "apiKey" : "before" }""")).Is(HttpStatusCode.Created);
        var (oldId, newId) = (await lab.IdAsync(Old), await lab.IdAsync(New));

        // Only one server has the new key, so neither writes data that the other cannot read.
        var port = FreePort.Next();
        var second = await lab.StartWithAsync([("AXVAULT_METRICS_PORT", port.ToString(CultureInfo.InvariantCulture))], New, Old);
        using var admin = lab.Admin(second);
        (await admin.PutCredentialAsync("during", """{ "apiKey" : "during" }""")).Is(HttpStatusCode.Created);
        await second.WaitForOutputAsync("is not used yet, because these servers lack it");
        Assert.Equal("""{ "apiKey" : "during" }""", (await old.GetAsync("credentials/during")).Is(HttpStatusCode.OK).Raw("data"));
        Assert.Equal("""{ "apiKey" : "before" }""", (await admin.GetAsync("credentials/before")).Is(HttpStatusCode.OK).Raw("data"));
        (await old.PutCredentialAsync("during", """{ "apiKey" : "by the other" }""")).Is(HttpStatusCode.Created);
        Assert.Equal(oldId, Assert.Single(await lab.CountAsync()).Key);
        var early = await lab.StatusAsync(New, Old);
        Assert.Equal((1, ""), (early.ExitCode, early.Errors));
        Assert.Contains($"3 rows of credential_version are under the key {oldId}", early.Output, StringComparison.Ordinal);
        Assert.Contains("does not have the configured key", early.Output, StringComparison.Ordinal);

        // The last server without the new key stops.
        Assert.Equal(0, await first.StopAsync());
        await second.WaitForOutputAsync("This server now encrypts");
        await lab.UntilMovedAsync(New);
        Assert.Equal(new Dictionary<string, long> { [newId] = 2 }, await lab.CountAsync());
        // Data cached under the old key is read again.
        Assert.Equal("""{ "apiKey" : "before" }""", (await admin.GetAsync("credentials/before")).Raw("data"));
        Assert.Equal("""{ "apiKey" : "by the other" }""", (await admin.GetAsync("credentials/during")).Raw("data"));
        await AssertMovedRowsAreCountedAsync(port);
        Assert.Equal(
            [
                ("rotation.start", "success", $"to the key {newId}: 4 rows are under others"),
                ("rotation.end", "success", $"to the key {newId}: 4 rows were moved, 0 do not open"),
            ],
            (await lab.AuditAsync(second)).Select(Facts)
        );
        Assert.Equal(1, await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(*) from axvault.kek"));
        var status = await lab.StatusAsync(New, Old);
        Assert.Equal((0, ""), (status.ExitCode, status.Errors));
        Assert.EndsWith("The older keys can go: nothing needs them.\n", status.Output, StringComparison.Ordinal);

        // The old key is removed. A server with the old key alone does not start.
        Assert.Equal(0, await second.StopAsync());
        Assert.StartsWith("axvault: AXVAULT_ENCRYPTION_KEY is not the key of this vault", await lab.RefusedAsync(Old), StringComparison.Ordinal);
        var last = await lab.StartAsync(New);
        using var after = lab.Admin(last);
        Assert.Equal("""{ "apiKey" : "before" }""", (await after.GetAsync("credentials/before")).Raw("data"));
        var version = (await after.GetAsync("credentials/during/versions")).Json.GetProperty("versions")[0].GetProperty("version").GetString();
        Assert.Equal("""{ "apiKey" : "during" }""", (await after.GetAsync($"credentials/during/versions/{version}")).Is(HttpStatusCode.OK).Raw("data"));
        Assert.True((await after.GetAsync("audit/verify")).Is(HttpStatusCode.OK).Json.GetProperty("valid").GetBoolean());
    }

    [Fact]
    public async Task Servers_with_both_keys_in_different_order_read_each_other_and_move_nothing()
    {
        await using var lab = await CreateAsync(graph);
        var first = await lab.StartAsync(Old, New);
        var second = await lab.StartAsync(New, Old);
        using var one = lab.Admin(first);
        using var two = lab.Admin(second);
        (await one.PutCredentialAsync("by.one", """{"apiKey":"1"}""")).Is(HttpStatusCode.Created);
        (await two.PutCredentialAsync("by.two", """{"apiKey":"2"}""")).Is(HttpStatusCode.Created);
        var expected = new Dictionary<string, long> { [await lab.IdAsync(Old)] = 1, [await lab.IdAsync(New)] = 1 };

        // Longer than the servers need to learn of each other and to look for rows to move.
        for (var i = 0; i < 80; i++)
        {
            Assert.Equal("""{"apiKey":"1"}""", (await two.GetAsync("credentials/by.one")).Is(HttpStatusCode.OK).Raw("data"));
            Assert.Equal("""{"apiKey":"2"}""", (await one.GetAsync("credentials/by.two")).Is(HttpStatusCode.OK).Raw("data"));
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Equal(expected, await lab.CountAsync());
        Assert.Equal(1, (await lab.StatusAsync(New, Old)).ExitCode);
        Assert.Equal(1, (await lab.StatusAsync(Old, New)).ExitCode);

        // Each server replaces the other's data, and accepts the other's notes and entries as authentic.
        (await two.PutCredentialAsync("by.one", """{"apiKey":"3"}""")).Is(HttpStatusCode.Created);
        (await one.PutCredentialAsync("by.two", """{"apiKey":"4"}""")).Is(HttpStatusCode.Created);
        Assert.Equal("""{"apiKey":"3"}""", (await one.GetAsync("credentials/by.one")).Raw("data"));
        Assert.True((await one.GetAsync("audit/verify")).Json.GetProperty("valid").GetBoolean());
        Assert.True((await two.GetAsync("audit/verify")).Json.GetProperty("valid").GetBoolean());

        // The first server also gets the new key.
        Assert.Equal(0, await first.StopAsync());
        await lab.StartAsync(New, Old);
        await lab.UntilMovedAsync(New);
        Assert.Equal(new Dictionary<string, long> { [await lab.IdAsync(New)] = 2 }, await lab.CountAsync());
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData(1500, 2)]
    [InlineData(6000, 8, Explicit = true)]
    public async Task A_rotation_interrupted_by_kills_loses_nothing_and_moves_no_row_twice(int count, int kills)
    {
        await using var lab = await CreateAsync(graph);
        var server = await lab.StartAsync(Old);
        await lab.SeedAsync(Old, count);
        Assert.Equal(0, await server.StopAsync());

        var atKill = new List<long>();
        for (var kill = 0; kill < kills; kill++)
        {
            server = await lab.StartAsync(New, Old);
            await Until.HoldsAsync(async () => await lab.MovedAsync() > kill * count / kills, "some rows are moved");
            await server.KillAsync();
            atKill.Add(await lab.MovedAsync());
        }

        Assert.All(atKill, moved => Assert.InRange(moved, 1, count - 1));
        server = await lab.StartAsync(New, Old);
        await lab.UntilMovedAsync(New);

        Assert.Equal(new Dictionary<string, long> { [await lab.IdAsync(New)] = count }, await lab.CountAsync());
        Assert.Equal(count + 1, await lab.MovedAsync());
        await lab.VerifySeededAsync(New, count);
        Assert.Equal(["rotation.start", "rotation.end"], (await lab.AuditAsync(server)).Select(static entry => entry.GetProperty("action").GetString()));
        Assert.Equal(0, (await lab.StatusAsync(New)).ExitCode);
        using var admin = lab.Admin(await lab.StartAsync(New));
        Assert.Equal(Data(1234), (await admin.GetAsync($"credentials/{Seeded(1234)}")).Raw("data"));
    }

    [Fact]
    public async Task Two_servers_move_each_row_once_although_one_is_killed()
    {
        const int Rows = 2500;
        await using var lab = await CreateAsync(graph);
        var first = await lab.StartAsync(Old);
        await lab.SeedAsync(Old, Rows);
        Assert.Equal(0, await first.StopAsync());
        await DatabaseContents.ExecuteAsync(
            lab.ConnectionString,
            """
            create table public.moves (name text not null, at timestamptz not null default clock_timestamp());
            create function public.note_move() returns trigger language plpgsql as $$
            begin insert into public.moves (name) values (new.name); return new; end $$;
            create trigger note_move after update of envelope on axvault.credential_version for each row execute function public.note_move();
            """
        );

        var servers = await Task.WhenAll(lab.StartAsync(New, Old), lab.StartAsync(New, Old));
        await Until.HoldsAsync(async () => await lab.MovedAsync() > 0, "some rows are moved");
        var working = Assert.Single(servers, static server =>
            server.Output.Any(static line => line.Contains(" begins: ", StringComparison.Ordinal))
        );
        await working.KillAsync();
        await lab.UntilMovedAsync(New);

        Assert.Equal(Rows, await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(*) from public.moves"));
        Assert.Equal(Rows, await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(distinct name) from public.moves"));
        Assert.Equal(Rows + 1, await lab.MovedAsync());
        await lab.VerifySeededAsync(New, Rows);
        Assert.Equal(
            ["rotation.start", "rotation.end"],
            (await lab.AuditAsync(servers[1 - Array.IndexOf(servers, working)])).Select(static entry => entry.GetProperty("action").GetString())
        );
    }

    [Fact]
    public async Task A_row_that_cannot_be_decrypted_is_reported_and_the_others_are_moved()
    {
        const int Rows = 300;
        await using var lab = await CreateAsync(graph);
        var first = await lab.StartAsync(Old);
        await lab.SeedAsync(Old, Rows);
        Assert.Equal(0, await first.StopAsync());
        await DatabaseContents.ExecuteAsync(
            lab.ConnectionString,
            $"update axvault.credential_version set envelope = set_byte(envelope, 100, get_byte(envelope, 100) # 1) where name = '{Seeded(7)}'"
        );
        var (oldId, newId) = (await lab.IdAsync(Old), await lab.IdAsync(New));

        var server = await lab.StartAsync(New, Old);
        await lab.UntilMovedAsync(New);

        Assert.Equal(new Dictionary<string, long> { [oldId] = 1, [newId] = Rows - 1 }, await lab.CountAsync());
        Assert.Contains(server.Output, static line =>
            line.Contains(Seeded(7), StringComparison.Ordinal) && line.Contains("does not open, and stays under its key", StringComparison.Ordinal)
        );
        Assert.Equal(
            [
                ("rotation.start", "success", $"to the key {newId}: {Rows + 1} rows are under others"),
                ("rotation.end", "failure", $"to the key {newId}: {Rows} rows were moved, 1 do not open"),
            ],
            (await lab.AuditAsync(server)).Select(Facts)
        );
        var status = await lab.StatusAsync(New, Old);
        Assert.Equal(1, status.ExitCode);
        Assert.EndsWith($"The older keys are still needed: 1 rows of credential_version are under the key {oldId}.\n", status.Output, StringComparison.Ordinal);
        Assert.Contains(oldId, await lab.RefusedAsync(New), StringComparison.Ordinal);

        // A put replaces the broken row, which is kept as an old version. Once it is purged, the old key can go.
        using var admin = lab.Admin(server);
        (await admin.PutCredentialAsync(Seeded(7))).Is(HttpStatusCode.Created);
        Assert.Equal(1, (await lab.StatusAsync(New, Old)).ExitCode);
        (await admin.DeleteAsync($"credentials/{Seeded(7)}?purge=true")).Is(HttpStatusCode.NoContent);
        (await admin.PutCredentialAsync(Seeded(7))).Is(HttpStatusCode.Created);
        await Until.HoldsAsync(async () => (await lab.StatusAsync(New, Old)).ExitCode == 0, "the older keys can go");
        Assert.Equal(2, (await lab.AuditAsync(server)).Count);
    }

    [Fact]
    public async Task A_rotation_can_be_reversed_and_can_merge_three_keys()
    {
        await using var lab = await CreateAsync(graph);
        var server = await lab.StartAsync(Old);
        await lab.SeedAsync(Old, 150);
        Assert.Equal(0, await server.StopAsync());

        // Rotate to the new key and back.
        Assert.Equal(0, await (await RotateAsync(lab, New, Old)).StopAsync());
        Assert.Equal(0, await (await RotateAsync(lab, Old, New)).StopAsync());
        await lab.VerifySeededAsync(Old, 150);
        Assert.Equal(0, (await lab.StatusAsync(Old)).ExitCode);

        // One row stays under the second key, and the others are under the first.
        await DatabaseContents.ExecuteAsync(
            lab.ConnectionString,
            "delete from axvault.credential where name = 'seeded.0'; delete from axvault.credential_version where name = 'seeded.0'"
        );
        await lab.InsertAsync(New, "left.over", """{"apiKey":"left over"}""");

        Assert.Equal(2, (await lab.CountAsync()).Count);
        server = await RotateAsync(lab, Third, New, Old);
        Assert.Equal(new Dictionary<string, long> { [await lab.IdAsync(Third)] = 150 }, await lab.CountAsync());
        Assert.Equal(0, await server.StopAsync());

        // A server with only the last key verifies the audit entries of all three.
        using var admin = lab.Admin(await lab.StartAsync(Third));
        Assert.Equal("""{"apiKey":"left over"}""", (await admin.GetAsync("credentials/left.over")).Raw("data"));
        Assert.True((await admin.GetAsync("audit/verify")).Json.GetProperty("valid").GetBoolean());
        Assert.Equal(3, await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(distinct kek_id) from axvault.audit_entry"));
        Assert.Equal(1, await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(distinct wrapped_by) from axvault.chain_key"));
    }

    private static async Task AssertMovedRowsAreCountedAsync(int port)
    {
        await Until.HoldsAsync(
            async () => (await ScrapeAsync(port)).Value("axvault_encryption_rows", "axvault_encryption_key", "current") == 4,
            "the rows are counted"
        );
        var metrics = await ScrapeAsync(port);
        Assert.Equal(0, metrics.Value("axvault_encryption_rows", "axvault_encryption_key", "previous"));
        Assert.Equal(4, Assert.Single(metrics.Of("axvault_encryption_reencrypted_total")).Value);
        Assert.Equal(1, Assert.Single(metrics.Of("axvault_read_cache_stale_total")).Value);
    }

    private static async Task<VaultServer> RotateAsync(RotationLab lab, string key, params string[] previous)
    {
        var server = await lab.StartAsync(key, previous);
        await lab.UntilMovedAsync(key);
        Assert.Equal(await lab.IdAsync(key), Assert.Single(await lab.CountAsync()).Key);
        return server;
    }

    private static async Task<Scrape> ScrapeAsync(int port)
    {
        using var scraper = new VaultClient(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")), null) { IsOfTheApi = false };
        return Scrape.Parse((await scraper.GetAsync("/metrics")).Text);
    }

    private static (string?, string?, string?) Facts(JsonElement entry) =>
        (entry.GetProperty("action").GetString(), entry.GetProperty("outcome").GetString(), entry.GetProperty("reason").GetString());
}
