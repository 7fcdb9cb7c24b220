using System.Globalization;
using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.ReadCache;

/// <summary>
/// A cached row is answered only when it is still the stored row. The database confirms that in the read itself, so no notification between servers
/// is needed that could be lost or late.
/// </summary>
public sealed class ConfirmedReadServerTests(ConfirmedFleetFixture shared) : IClassFixture<ConfirmedFleetFixture>
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
    public async Task A_key_narrowed_by_another_replica_is_refused_by_the_next_read_until_widened()
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
    public async Task A_put_on_another_replica_is_read_next()
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
    public async Task A_delete_on_another_replica_is_404_until_it_puts_the_credential_again()
    {
        var fleet = await shared.FleetAsync();
        await RememberAsync(fleet.Two);

        await fleet.One.DeleteAsync(Path);
        Assert.Equal(HttpStatusCode.NotFound, (await fleet.Two.GetAsync(Path)).Status);

        await fleet.One.PutCredentialAsync(Name, """{"apiKey":"sk-again"}""");
        Assert.Equal("sk-again", (await fleet.Two.GetAsync(Path)).Json.GetProperty("data").GetProperty("apiKey").GetString());
    }

    [Fact]
    public async Task An_entity_tag_is_not_confirmed_after_another_replica_replaced_the_credential()
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
    public async Task A_batch_reads_changed_credentials_again_and_leaves_one_entry_each()
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
            outcomes[..2].Select(static outcome => outcome.GetProperty("credential").GetProperty("data").GetProperty("apiKey").GetString())
        );
        Assert.Equal(
            "batch.deleted failure, batch.deleted success, batch.kept success, batch.kept success, batch.put success, batch.put success",
            await DatabaseContents.ScalarAsync<string>(
                fleet.ConnectionString,
                $"select string_agg(target || ' ' || outcome, ', ' order by target, outcome) from axvault.audit_entry where key_id = '{key.Id}'"
            )
        );
        await fleet.One.DeleteAsync($"keys/{key.Id}");
        Assert.Equal(HttpStatusCode.Unauthorized, (await reader.PostAsync("credentials/read", new { names })).Status);

        async Task<List<System.Text.Json.JsonElement>> ReadAsync() =>
            [.. (await reader.PostAsync("credentials/read", new { names })).Is(HttpStatusCode.OK).Json.GetProperty("credentials").EnumerateArray()];
    }

    [Theory]
    [InlineData("update axvault.api_key set read_access = '{}' where name = 'a key'", HttpStatusCode.Unauthorized)]
    [InlineData("delete from axvault.api_key where name = 'a key'", HttpStatusCode.Unauthorized)]
    [InlineData("delete from axvault.credential", HttpStatusCode.NotFound)]
    public async Task A_change_made_directly_in_the_database_counts_at_once(string sql, HttpStatusCode status)
    {
        var fleet = await shared.FleetAsync();
        using var reader = await fleet.One.WithNewKeyAsync(read: ["*"]);
        await RememberAsync(reader);

        await DatabaseContents.ExecuteAsync(fleet.ConnectionString, sql);

        Assert.Equal(status, (await reader.GetAsync(Path)).Status);
    }

    [Fact]
    public async Task A_row_that_was_tampered_with_after_it_was_cached_does_not_open()
    {
        var fleet = await shared.FleetAsync();
        await RememberAsync(fleet.One);

        await DatabaseContents.ExecuteAsync(
            fleet.ConnectionString,
            """
            update axvault.credential_version
            set envelope = set_byte(envelope, octet_length(envelope) - 1, get_byte(envelope, octet_length(envelope) - 1) # 1)
            """
        );

        Assert.Equal(HttpStatusCode.InternalServerError, (await fleet.One.GetAsync(Path)).Status);
    }

    [Fact]
    public async Task A_read_that_is_decided_again_leaves_only_the_entry_of_its_final_outcome()
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
                fleet.ConnectionString,
                $"""
                select string_agg(outcome, ' ' order by at desc, lane desc, sequence desc)
                from axvault.audit_entry where key_id = '{key.Id}' and action = 'credential.read'
                """
            )
        );
    }

    [Fact]
    public async Task A_read_never_returns_a_value_older_than_one_acknowledged_before_it_began()
    {
        var fleet = await shared.FleetAsync();
        await fleet.One.PutCredentialAsync(Name, """{"apiKey":"0"}""");
        var acknowledged = 0;
        using var stop = new CancellationTokenSource();
        var readers = Enumerable
            .Range(0, 8)
            .Select(number =>
                Task.Run(
                    async () =>
                    {
                        var reads = 0;
                        while (!stop.IsCancellationRequested)
                        {
                            var least = Volatile.Read(ref acknowledged);
                            var answer = await (number % 2 == 0 ? fleet.One : fleet.Two).GetAsync(Path);
                            Assert.InRange(
                                int.Parse(answer.Json.GetProperty("data").GetProperty("apiKey").GetString()!, CultureInfo.InvariantCulture),
                                least,
                                int.MaxValue
                            );
                            reads++;
                        }

                        return reads;
                    },
                    TestContext.Current.CancellationToken
                )
            )
            .ToList();

        for (var i = 1; i <= 60; i++)
        {
            Assert.Equal(HttpStatusCode.Created, (await (i % 2 == 0 ? fleet.One : fleet.Two).PutCredentialAsync(Name, $$"""{"apiKey":"{{i}}"}""")).Status);
            Volatile.Write(ref acknowledged, i);
        }

        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(readers), static reads => Assert.InRange(reads, 1, int.MaxValue));
    }

    [Fact]
    public async Task No_cached_row_is_answered_while_the_database_does_not_confirm_it()
    {
        var fleet = await shared.FleetAsync();
        await RememberAsync(fleet.One);
        await using var locked = await DatabaseContents.OpenAsync(fleet.ConnectionString);
        await using var transaction = await locked.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var command = new Npgsql.NpgsqlCommand("lock table axvault.lane in exclusive mode", locked, transaction))
        {
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await fleet.One.GetAsync(Path)).Status);
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
