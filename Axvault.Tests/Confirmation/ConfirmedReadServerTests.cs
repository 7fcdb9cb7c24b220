using System.Globalization;
using System.Net;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;

namespace Axvault.Tests.Confirmation;

/// <summary>What a server remembers is never answered when it is not what is stored any more, whoever changed it: no notification is needed for that, so none can be lost or late.</summary>
public sealed class ConfirmedReadServerTests(VaultGraph graph, ConfirmedFleetFixture shared) : IClassFixture<ConfirmedFleetFixture>
{
    private const string Name = ConfirmedFleet.Credential;
    private const string Path = $"credentials/{Name}";

    [Fact]
    public async Task A_key_that_another_replica_deleted_is_refused_by_the_next_read()
    {
        var fleet = await shared.FleetAsync();
        var key = await fleet.One.CreateKeyAsync(read: ["*"]);
        using var reader = fleet.Two.With(key.Secret);
        await RememberAsync(reader);

        Assert.Equal(HttpStatusCode.NoContent, (await fleet.One.DeleteAsync($"keys/{key.Id}")).Status);

        Assert.Equal(HttpStatusCode.Unauthorized, (await reader.GetAsync(Path)).Status);
    }

    [Fact]
    public async Task A_key_that_another_replica_narrowed_is_refused_by_the_next_read_and_one_that_it_widened_is_not()
    {
        var fleet = await shared.FleetAsync();
        var key = await fleet.One.CreateKeyAsync(read: ["*"]);
        using var reader = fleet.Two.With(key.Secret);
        await RememberAsync(reader);

        await ChangeAsync(fleet.One, key, """{"readAccess":["other"]}""");
        Assert.Equal(HttpStatusCode.Forbidden, (await reader.GetAsync(Path)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await reader.GetAsync(Path)).Status);

        await ChangeAsync(fleet.One, key, """{"readAccess":["claude.*"]}""");
        Assert.Equal(HttpStatusCode.OK, (await reader.GetAsync(Path)).Status);
    }

    [Fact]
    public async Task What_another_replica_put_is_what_the_next_read_gets()
    {
        var fleet = await shared.FleetAsync();
        await RememberAsync(fleet.Two);

        for (var i = 0; i < 20; i++)
        {
            await fleet.One.PutCredentialAsync(Name, $$"""{"apiKey":"sk-{{i}}"}""");

            var answer = await fleet.Two.GetAsync(Path);
            Assert.Equal($"sk-{i}", answer.Json.GetProperty("data").GetProperty("apiKey").GetString());
        }
    }

    [Fact]
    public async Task What_another_replica_deleted_is_not_found_and_what_it_put_again_is_read()
    {
        var fleet = await shared.FleetAsync();
        await RememberAsync(fleet.Two);

        await fleet.One.DeleteAsync(Path);
        Assert.Equal(HttpStatusCode.NotFound, (await fleet.Two.GetAsync(Path)).Status);

        await fleet.One.PutCredentialAsync(Name, """{"apiKey":"sk-again"}""");
        Assert.Equal("sk-again", (await fleet.Two.GetAsync(Path)).Json.GetProperty("data").GetProperty("apiKey").GetString());
    }

    [Fact]
    public async Task A_tag_of_what_another_replica_has_replaced_is_not_confirmed()
    {
        var fleet = await shared.FleetAsync();
        await RememberAsync(fleet.Two);
        var tag = (await fleet.Two.GetAsync(Path)).Tag;
        (await fleet.Two.GetAsync(Path, "If-None-Match", tag)).Is(HttpStatusCode.NotModified);

        await fleet.One.PutCredentialAsync(Name, """{"apiKey":"sk-after"}""");

        var answer = (await fleet.Two.GetAsync(Path, "If-None-Match", tag)).Is(HttpStatusCode.OK);
        Assert.Equal("sk-after", answer.Json.GetProperty("data").GetProperty("apiKey").GetString());
    }

    [Fact]
    public async Task Of_several_that_are_read_at_once_those_that_another_replica_changed_are_read_anew_and_each_leaves_one_entry()
    {
        var fleet = await shared.FleetAsync();
        string[] names = ["batch.put", "batch.kept", "batch.deleted"];
        foreach (var name in names)
        {
            await fleet.One.PutCredentialAsync(name, """{"apiKey":"sk-before"}""");
        }

        var key = await fleet.One.CreateKeyAsync(read: ["*"]);
        using var reader = fleet.Two.With(key.Secret);
        await ReadAsync();
        await fleet.One.PutCredentialAsync("batch.put", """{"apiKey":"sk-after"}""");
        await fleet.One.DeleteAsync("credentials/batch.deleted");

        var outcomes = await ReadAsync();

        Assert.Equal([200, 200, 404], outcomes.Select(static outcome => outcome.GetProperty("status").GetInt32()));
        Assert.Equal(
            ["sk-after", "sk-before"],
            outcomes[..2].Select(static outcome => outcome.GetProperty("credential").GetProperty("data").GetProperty("apiKey").GetString()));
        Assert.Equal(
            "batch.deleted failure, batch.deleted success, batch.kept success, batch.kept success, batch.put success, batch.put success",
            await DatabaseContents.ScalarAsync<string>(
                fleet.ConnectionString, $"select string_agg(target || ' ' || outcome, ', ' order by target, outcome) from axvault.audit_entry where key_id = '{key.Id}'"));
        await fleet.One.DeleteAsync($"keys/{key.Id}");
        Assert.Equal(HttpStatusCode.Unauthorized, (await reader.PostAsync("credentials/read", new { names })).Status);

        async Task<List<System.Text.Json.JsonElement>> ReadAsync() =>
            [.. (await reader.PostAsync("credentials/read", new { names })).Is(HttpStatusCode.OK).Json.GetProperty("credentials").EnumerateArray()];
    }

    [Theory]
    [InlineData("update axvault.api_key set read_access = '{}' where name = 'a key'", HttpStatusCode.Forbidden)]
    [InlineData("delete from axvault.api_key where name = 'a key'", HttpStatusCode.Unauthorized)]
    [InlineData("delete from axvault.credential", HttpStatusCode.NotFound)]
    public async Task A_change_that_is_made_in_the_database_itself_counts_at_once(string sql, HttpStatusCode status)
    {
        var fleet = await shared.FleetAsync();
        using var reader = await fleet.One.WithNewKeyAsync(read: ["*"]);
        await RememberAsync(reader);

        await DatabaseContents.ExecuteAsync(fleet.ConnectionString, sql);

        Assert.Equal(status, (await reader.GetAsync(Path)).Status);
    }

    [Fact]
    public async Task A_row_that_was_tampered_with_after_it_was_remembered_does_not_open()
    {
        var fleet = await shared.FleetAsync();
        await RememberAsync(fleet.One);

        await DatabaseContents.ExecuteAsync(fleet.ConnectionString, "update axvault.credential set envelope = set_byte(envelope, octet_length(envelope) - 1, get_byte(envelope, octet_length(envelope) - 1) # 1)");

        Assert.Equal(HttpStatusCode.InternalServerError, (await fleet.One.GetAsync(Path)).Status);
    }

    [Fact]
    public async Task A_read_that_is_decided_anew_leaves_one_entry_the_true_one()
    {
        var fleet = await shared.FleetAsync();
        var key = await fleet.One.CreateKeyAsync(read: ["*"]);
        using var reader = fleet.Two.With(key.Secret);
        await RememberAsync(reader);
        await ChangeAsync(fleet.One, key, """{"readAccess":["other"]}""");

        await reader.GetAsync(Path);

        Assert.Equal(
            "denied success success success",
            await DatabaseContents.ScalarAsync<string>(
                fleet.ConnectionString, $"select string_agg(outcome, ' ' order by seq desc) from axvault.audit_entry where key_id = '{key.Id}' and action = 'credential.read'"));
    }

    [Fact]
    public async Task Readers_never_see_a_value_older_than_one_that_was_acknowledged_before_they_asked()
    {
        var fleet = await shared.FleetAsync();
        await fleet.One.PutCredentialAsync(Name, """{"apiKey":"0"}""");
        var acknowledged = 0;
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 8).Select(number => Task.Run(
            async () =>
            {
                var reads = 0;
                while (!stop.IsCancellationRequested)
                {
                    var least = Volatile.Read(ref acknowledged);
                    var answer = await (number % 2 == 0 ? fleet.One : fleet.Two).GetAsync(Path);
                    Assert.InRange(int.Parse(answer.Json.GetProperty("data").GetProperty("apiKey").GetString()!, CultureInfo.InvariantCulture), least, int.MaxValue);
                    reads++;
                }

                return reads;
            },
            TestContext.Current.CancellationToken)).ToList();

        for (var i = 1; i <= 60; i++)
        {
            Assert.Equal(HttpStatusCode.Created, (await (i % 2 == 0 ? fleet.One : fleet.Two).PutCredentialAsync(Name, $$"""{"apiKey":"{{i}}"}""")).Status);
            Volatile.Write(ref acknowledged, i);
        }

        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(readers), static reads => Assert.InRange(reads, 1, int.MaxValue));
    }

    [Fact]
    public async Task Nothing_that_is_remembered_is_answered_while_the_database_does_not_confirm_it()
    {
        var fleet = await shared.FleetAsync();
        await RememberAsync(fleet.One);
        await using var locked = await DatabaseContents.OpenAsync(fleet.ConnectionString);
        await using var transaction = await locked.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var command = new Npgsql.NpgsqlCommand("select from axvault.audit_head for update", locked, transaction))
        {
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await fleet.One.GetAsync(Path)).Status);
    }

    [Fact]
    public async Task A_row_is_remembered_until_it_changes_and_by_a_server_that_may_not_never()
    {
        await using var fleet = await ConfirmedFleet.StartAsync(graph, ("AXVAULT_READ_CACHE_MIB", "0"));
        await fleet.One.PutCredentialAsync(ConfirmedFleet.Credential);
        await RememberAsync(fleet.One);
        await RememberAsync(fleet.Two);

        // The key, looked for by the put and three reads, and the credential, by three reads.
        Assert.Equal((5, 2, 0), await CountAsync(fleet.FirstMetrics));
        Assert.Equal((0, 6, 0), await CountAsync(fleet.SecondMetrics));

        await fleet.Two.PutCredentialAsync(Name);
        await RememberAsync(fleet.One);
        await Until.HoldsAsync(async () => await CountAsync(fleet.FirstMetrics) == (11, 2, 1), "a scrape, which is answered from a cache for a moment, counts one request that was decided anew");
    }

    [Fact]
    public async Task What_is_read_again_and_again_stays_in_memory_while_six_times_as_much_as_it_holds_is_read_once()
    {
        await using var fleet = await ConfirmedFleet.StartAsync(graph, ("AXVAULT_READ_CACHE_MIB", "1"));
        const int Popular = 20;
        const int Others = 2000;
        await Parallel.ForAsync(0, Popular + Others, TestContext.Current.CancellationToken, async (number, _) =>
            Assert.Equal(HttpStatusCode.Created, (await fleet.One.PutCredentialAsync($"c.{number}", $$"""{"v":"{{new string('x', 2000)}}"}""")).Status));
        await ReadAsync(Popular, 500);

        // Into a memory that is full they come by and by, as it makes room.
        await Until.HoldsAsync(async () => await HitsAsync() == Popular, "all that is read again and again is remembered");
        await ReadAsync(Popular + 500, Others - 500);

        Assert.Equal(Popular, await HitsAsync());

        // A scrape is answered from a cache for 0.3 s.
        async Task<double> HitsAsync()
        {
            await Task.Delay(500, TestContext.Current.CancellationToken);
            var (before, _, _) = await CountAsync(fleet.SecondMetrics);
            await ReadAsync(0, Popular);
            await Task.Delay(500, TestContext.Current.CancellationToken);
            return (await CountAsync(fleet.SecondMetrics)).Hits - before;
        }

        async Task ReadAsync(int first, int count)
        {
            foreach (var names in Enumerable.Range(first, count).Chunk(100))
            {
                var body = $$"""{"names":[{{string.Join(',', names.Select(static number => $"\"c.{number}\""))}}]}""";
                Assert.Equal(HttpStatusCode.OK, (await fleet.Two.PostAsync("credentials/read", body)).Status);
            }
        }
    }

    private static async Task<(double Hits, double Misses, double Stale)> CountAsync(Uri metrics)
    {
        using var client = new VaultClient(metrics, secret: null) { IsOfTheApi = false };
        var scrape = Scrape.Parse((await client.GetAsync("/metrics")).Text);
        return (Of("hits"), Of("misses"), Of("stale"));

        double Of(string name) => Assert.Single(scrape.Of($"axvault_memory_{name}_total")).Value;
    }

    private static async Task RememberAsync(VaultClient client)
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Path)).Status);
        }
    }

    private static async Task ChangeAsync(VaultClient admin, CreatedKey key, string json) =>
        Assert.Equal(HttpStatusCode.OK, (await admin.PatchAsync($"keys/{key.Id}", json)).Status);
}
