using System.Globalization;
using System.Net;
using System.Text.Json;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;
using static Axvault.Tests.Rotation.RotationLab;

namespace Axvault.Tests.Rotation;

/// <summary>The encryption key is exchanged while servers run: nobody writes what another cannot read, everything that is stored is moved, and then the old key can go.</summary>
public sealed class KeyRotationServerTests(VaultGraph graph)
{
    [Fact]
    public async Task A_new_key_is_used_when_every_server_has_it_and_then_everything_is_moved_and_the_old_one_can_go()
    {
        await using var lab = await CreateAsync(graph);
        var first = await lab.StartAsync(Old);
        using var old = lab.Admin(first);
        (await old.PutCredentialAsync("before", """{ "apiKey" : "before" }""")).Is(HttpStatusCode.Created);
        var (oldId, newId) = (await lab.IdAsync(Old), await lab.IdAsync(New));

        // One server has the new key, the other does not: neither writes what the other cannot read.
        var port = FreePort.Next();
        var second = await lab.StartWithAsync([("AXVAULT_METRICS_PORT", port.ToString(CultureInfo.InvariantCulture))], New, Old);
        using var admin = lab.Admin(second);
        (await admin.PutCredentialAsync("during", """{ "apiKey" : "during" }""")).Is(HttpStatusCode.Created);
        await second.WaitForOutputAsync("is not used yet, for these servers do not have it");
        Assert.Equal("""{ "apiKey" : "during" }""", (await old.GetAsync("credentials/during")).Is(HttpStatusCode.OK).Raw("data"));
        Assert.Equal("""{ "apiKey" : "before" }""", (await admin.GetAsync("credentials/before")).Is(HttpStatusCode.OK).Raw("data"));
        (await old.PutCredentialAsync("during", """{ "apiKey" : "by the other" }""")).Is(HttpStatusCode.Created);
        Assert.Equal(oldId, Assert.Single(await lab.CountAsync()).Key);
        var early = await lab.StatusAsync(New, Old);
        Assert.Equal((1, ""), (early.ExitCode, early.Errors));
        Assert.Contains($"2 rows of credential are under the key {oldId}", early.Output, StringComparison.Ordinal);
        Assert.Contains("does not have the configured key", early.Output, StringComparison.Ordinal);

        // The last one that lacks it has gone.
        Assert.Equal(0, await first.StopAsync());
        await second.WaitForOutputAsync("from now on");
        await lab.UntilMovedAsync(New);
        Assert.Equal(new Dictionary<string, long> { [newId] = 2 }, await lab.CountAsync());
        // What was remembered under the old key is read anew.
        Assert.Equal("""{ "apiKey" : "before" }""", (await admin.GetAsync("credentials/before")).Raw("data"));
        Assert.Equal("""{ "apiKey" : "by the other" }""", (await admin.GetAsync("credentials/during")).Raw("data"));
        await Until.HoldsAsync(async () => (await ScrapeAsync(port)).Value("axvault_encryption_rows", "axvault_encryption_key", "current") == 3, "the rows are counted");
        var metrics = await ScrapeAsync(port);
        Assert.Equal(0, metrics.Value("axvault_encryption_rows", "axvault_encryption_key", "previous"));
        Assert.Equal(3, Assert.Single(metrics.Of("axvault_encryption_reencrypted_total")).Value);
        Assert.Equal(1, Assert.Single(metrics.Of("axvault_memory_stale_total")).Value);
        Assert.Equal(
            [("rotation.start", "success", $"to the key {newId}: 3 rows are under others"), ("rotation.end", "success", $"to the key {newId}: 3 rows were moved, 0 do not open")],
            (await lab.AuditAsync(second)).Select(Facts));
        Assert.Equal(1, await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(*) from axvault.vault_key"));
        var status = await lab.StatusAsync(New, Old);
        Assert.Equal((0, ""), (status.ExitCode, status.Errors));
        Assert.EndsWith("The older keys can go: nothing needs them.\n", status.Output, StringComparison.Ordinal);

        // The old key goes, and with it alone nothing opens any more.
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
    public async Task Servers_that_have_both_keys_and_encrypt_with_different_ones_read_each_other_and_move_nothing()
    {
        await using var lab = await CreateAsync(graph);
        var first = await lab.StartAsync(Old, New);
        var second = await lab.StartAsync(New, Old);
        using var one = lab.Admin(first);
        using var two = lab.Admin(second);
        (await one.PutCredentialAsync("by.one", """{"apiKey":"1"}""")).Is(HttpStatusCode.Created);
        (await two.PutCredentialAsync("by.two", """{"apiKey":"2"}""")).Is(HttpStatusCode.Created);
        var expected = new Dictionary<string, long> { [await lab.IdAsync(Old)] = 1, [await lab.IdAsync(New)] = 1 };

        // Longer than it takes them to hear of each other, and to look.
        for (var i = 0; i < 80; i++)
        {
            Assert.Equal("""{"apiKey":"1"}""", (await two.GetAsync("credentials/by.one")).Is(HttpStatusCode.OK).Raw("data"));
            Assert.Equal("""{"apiKey":"2"}""", (await one.GetAsync("credentials/by.two")).Is(HttpStatusCode.OK).Raw("data"));
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Equal(expected, await lab.CountAsync());
        Assert.Equal(1, (await lab.StatusAsync(New, Old)).ExitCode);
        Assert.Equal(1, (await lab.StatusAsync(Old, New)).ExitCode);

        // Each replaces what the other wrote, and neither takes the other's notes and entries for forged.
        (await two.PutCredentialAsync("by.one", """{"apiKey":"3"}""")).Is(HttpStatusCode.Created);
        (await one.PutCredentialAsync("by.two", """{"apiKey":"4"}""")).Is(HttpStatusCode.Created);
        Assert.Equal("""{"apiKey":"3"}""", (await one.GetAsync("credentials/by.one")).Raw("data"));
        Assert.True((await one.GetAsync("audit/verify")).Json.GetProperty("valid").GetBoolean());
        Assert.True((await two.GetAsync("audit/verify")).Json.GetProperty("valid").GetBoolean());

        // The first is rolled, too.
        Assert.Equal(0, await first.StopAsync());
        await lab.StartAsync(New, Old);
        await lab.UntilMovedAsync(New);
        Assert.Equal(new Dictionary<string, long> { [await lab.IdAsync(New)] = 2 }, await lab.CountAsync());
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData(1500, 2)]
    [InlineData(6000, 8, Explicit = true)]
    public async Task Kills_in_the_middle_of_a_rotation_lose_nothing_and_move_no_row_twice(int count, int kills)
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
        Assert.Equal(count, await lab.MovedAsync());
        await lab.VerifySeededAsync(New, count);
        Assert.Equal(["rotation.start", "rotation.end"], (await lab.AuditAsync(server)).Select(static entry => entry.GetProperty("action").GetString()));
        Assert.Equal(0, (await lab.StatusAsync(New)).ExitCode);
        using var admin = lab.Admin(await lab.StartAsync(New));
        Assert.Equal(Data(1234), (await admin.GetAsync($"credentials/{Seeded(1234)}")).Raw("data"));
    }

    [Fact]
    public async Task Two_servers_rotate_one_set_once_and_one_takes_over_from_the_other_that_is_killed()
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
            create function public.note_move() returns trigger language plpgsql as $$ begin insert into public.moves (name) values (new.name); return new; end $$;
            create trigger note_move after update of envelope on axvault.credential for each row execute function public.note_move();
            """);

        var servers = await Task.WhenAll(lab.StartAsync(New, Old), lab.StartAsync(New, Old));
        await Until.HoldsAsync(async () => await lab.MovedAsync() > 0, "some rows are moved");
        var working = Assert.Single(servers, static server => server.Output.Any(static line => line.Contains("is now encrypted anew", StringComparison.Ordinal)));
        await working.KillAsync();
        await lab.UntilMovedAsync(New);

        Assert.Equal(Rows, await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(*) from public.moves"));
        Assert.Equal(Rows, await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(distinct name) from public.moves"));
        Assert.Equal(Rows, await lab.MovedAsync());
        await lab.VerifySeededAsync(New, Rows);
        Assert.Equal(["rotation.start", "rotation.end"], (await lab.AuditAsync(servers[1 - Array.IndexOf(servers, working)])).Select(static entry => entry.GetProperty("action").GetString()));
    }

    [Fact]
    public async Task A_row_that_does_not_open_is_told_of_and_left_and_the_others_are_moved()
    {
        const int Rows = 300;
        await using var lab = await CreateAsync(graph);
        var first = await lab.StartAsync(Old);
        await lab.SeedAsync(Old, Rows);
        Assert.Equal(0, await first.StopAsync());
        await DatabaseContents.ExecuteAsync(lab.ConnectionString, $"update axvault.credential set envelope = set_byte(envelope, 100, get_byte(envelope, 100) # 1) where name = '{Seeded(7)}'");
        var (oldId, newId) = (await lab.IdAsync(Old), await lab.IdAsync(New));

        var server = await lab.StartAsync(New, Old);
        await lab.UntilMovedAsync(New);

        Assert.Equal(new Dictionary<string, long> { [oldId] = 1, [newId] = Rows - 1 }, await lab.CountAsync());
        Assert.Contains(server.Output, static line => line.Contains(Seeded(7), StringComparison.Ordinal) && line.Contains("does not open, and stays under its key", StringComparison.Ordinal));
        Assert.Equal(
            [("rotation.start", "success", $"to the key {newId}: {Rows} rows are under others"), ("rotation.end", "failure", $"to the key {newId}: {Rows - 1} rows were moved, 1 do not open")],
            (await lab.AuditAsync(server)).Select(Facts));
        var status = await lab.StatusAsync(New, Old);
        Assert.Equal(1, status.ExitCode);
        Assert.EndsWith($"The older keys are still needed: 1 rows of credential are under the key {oldId}.\n", status.Output, StringComparison.Ordinal);
        Assert.Contains(oldId, await lab.RefusedAsync(New), StringComparison.Ordinal);

        // Put anew, it is kept as what was replaced; when it is purged, the old key can go.
        using var admin = lab.Admin(server);
        (await admin.PutCredentialAsync(Seeded(7))).Is(HttpStatusCode.Created);
        Assert.Equal(1, (await lab.StatusAsync(New, Old)).ExitCode);
        (await admin.DeleteAsync($"credentials/{Seeded(7)}?purge=true")).Is(HttpStatusCode.NoContent);
        (await admin.PutCredentialAsync(Seeded(7))).Is(HttpStatusCode.Created);
        await Until.HoldsAsync(async () => (await lab.StatusAsync(New, Old)).ExitCode == 0, "the older keys can go");
        Assert.Equal(2, (await lab.AuditAsync(server)).Count);
    }

    [Fact]
    public async Task Three_keys_become_one_and_a_rotation_goes_back()
    {
        await using var lab = await CreateAsync(graph);
        var server = await lab.StartAsync(Old);
        await lab.SeedAsync(Old, 150);
        Assert.Equal(0, await server.StopAsync());

        // There and back again.
        Assert.Equal(0, await (await RotateAsync(lab, New, Old)).StopAsync());
        Assert.Equal(0, await (await RotateAsync(lab, Old, New)).StopAsync());
        await lab.VerifySeededAsync(Old, 150);
        Assert.Equal(0, (await lab.StatusAsync(Old)).ExitCode);

        // A row under the second key, which was left over, and all the others under the first.
        await DatabaseContents.ExecuteAsync(lab.ConnectionString, "delete from axvault.credential where name = 'seeded.0'");
        await lab.InsertAsync(New, "left.over", """{"apiKey":"left over"}""");

        Assert.Equal(2, (await lab.CountAsync()).Count);
        server = await RotateAsync(lab, Third, New, Old);
        Assert.Equal(new Dictionary<string, long> { [await lab.IdAsync(Third)] = 150 }, await lab.CountAsync());
        Assert.Equal(0, await server.StopAsync());

        // The history of all of them is verified by a server that has the last.
        using var admin = lab.Admin(await lab.StartAsync(Third));
        Assert.Equal("""{"apiKey":"left over"}""", (await admin.GetAsync("credentials/left.over")).Raw("data"));
        Assert.True((await admin.GetAsync("audit/verify")).Json.GetProperty("valid").GetBoolean());
        Assert.Equal(3, await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(distinct chain_key) from axvault.audit_entry"));
        Assert.Equal(1, await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(distinct wrapped_by) from axvault.audit_key"));
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
