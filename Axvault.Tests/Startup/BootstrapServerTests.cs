using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Startup;

/// <summary>The creation of the first key, and concurrent starts.</summary>
public sealed class BootstrapServerTests(VaultGraph graph)
{
    [Theory]
    [Trait("Category", "Long")]
    [InlineData(3)]
    [InlineData(8, Explicit = true)]
    public async Task Concurrent_starts_on_an_empty_database_create_one_key(int servers)
    {
        await using var database = await graph.CreateDatabaseAsync();
        var connection = new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = true, MaxPoolSize = 3 }.ConnectionString;
        var starts = Enumerable.Range(0, servers).Select(_ => VaultServer.Launch(new ServerSettings("") { DatabaseUrl = connection })).ToList();
        try
        {
            await Task.WhenAll(starts.Select(static server => server.WaitUntilReadyAsync()));

            var maker = Assert.Single(starts, static server => server.BootstrapSecret is not null);
            Assert.Single(starts.SelectMany(static server => server.Errors), static line => line.Contains("axv_sk_", StringComparison.Ordinal));
            foreach (var server in starts)
            {
                using var client = server.Client(maker.BootstrapSecret);
                var keys = (await client.GetAsync("keys")).Is(HttpStatusCode.OK).Json.GetProperty("keys");
                var key = Assert.Single(keys.EnumerateArray());
                Assert.Equal("Bootstrap Admin", key.GetProperty("name").GetString());
                Assert.All(["readAccess", "writeAccess", "grantAccess"], list => Assert.Equal("""["*"]""", key.GetProperty(list).GetRawText()));
                (await client.PutCredentialAsync("shared")).Is(HttpStatusCode.Created);
            }

            Assert.All(starts, static server =>
                Assert.DoesNotContain(server.Output, static line => line.Contains("\"@l\":\"Error\"", StringComparison.Ordinal))
            );
        }
        finally
        {
            await Task.WhenAll(starts.Select(static server => server.DisposeAsync().AsTask()));
        }
    }

    [Fact]
    public async Task A_restart_prints_no_secret_and_keeps_everything()
    {
        await using var database = await graph.CreateDatabaseAsync();
        string secret;
        await using (var first = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString)))
        {
            secret = first.BootstrapSecret!;
            using var client = first.Client(secret);
            (await client.PutCredentialAsync("kept", """{"apiKey":"kept"}""")).Is(HttpStatusCode.Created);
            Assert.Equal(0, await first.StopAsync());
        }

        await using var second = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));

        Assert.Null(second.BootstrapSecret);
        Assert.Empty(second.Errors);
        using var again = second.Client(secret);
        Assert.Equal("""{"apiKey":"kept"}""", (await again.GetAsync("credentials/kept")).Raw("data"));
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_vault_without_keys_gets_a_new_first_key_at_the_next_start()
    {
        await using var database = await graph.CreateDatabaseAsync();
        string secret;
        await using (var first = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString)))
        {
            secret = first.BootstrapSecret!;
            using var client = first.Client(secret);
            var id = (await client.GetAsync("keys")).Json.GetProperty("keys")[0].GetProperty("id").GetString();
            (await client.DeleteAsync($"keys/{id}?force=true")).Is(HttpStatusCode.NoContent);
        }

        await using var second = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));

        Assert.NotNull(second.BootstrapSecret);
        Assert.NotEqual(secret, second.BootstrapSecret);
    }

    [Fact]
    public async Task The_first_secret_is_only_on_standard_error_even_at_level_trace()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { Flags = ["--log-level", "trace"] });
        var secret = server.BootstrapSecret!;
        using var client = server.Client(secret);
        (await client.GetAsync("keys")).Is(HttpStatusCode.OK);

        var contents = await DatabaseContents.ReadAsync(database.ConnectionString);

        Assert.True(contents.Holds("Bootstrap Admin"), "The search must find what is stored in plain text.");
        Assert.False(contents.Holds(secret));
        Assert.False(contents.Holds(secret["axv_sk_".Length..]));
        Assert.NotEmpty(server.Output);
        Assert.DoesNotContain(server.Output, line => line.Contains(secret["axv_sk_".Length..], StringComparison.Ordinal));
        Assert.Single(server.Errors, line => line.Contains(secret, StringComparison.Ordinal));
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task Migrations_run_again_at_each_start_and_restore_a_missing_index()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using (var first = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString)))
        {
            using var client = first.Client(first.BootstrapSecret);
            (await client.PutCredentialAsync("kept")).Is(HttpStatusCode.Created);
        }

        await DatabaseContents.ExecuteAsync(database.ConnectionString, "drop index axvault.credential_version_kek_id_idx");
        await using var second = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));

        Assert.Equal(
            1,
            await DatabaseContents.ScalarAsync<long>(
                database.ConnectionString,
                "select count(*) from pg_indexes where indexname = 'credential_version_kek_id_idx'"
            )
        );
        Assert.Equal(1, await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(*) from axvault.credential"));
    }

    [Fact]
    public async Task A_start_that_waits_for_the_schema_lock_is_alive_and_not_ready()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var holder = await DatabaseContents.OpenAsync(database.ConnectionString);
        await using var hold = new Npgsql.NpgsqlCommand("select pg_advisory_lock($1)", holder)
        {
            Parameters = { new() { Value = Api.Database.Migrator.AdvisoryLock } },
        };
        await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        await using var server = VaultServer.Launch(new ServerSettings(database.ConnectionString));
        await server.WaitUntilListeningAsync();
        using var client = server.Client();
        await Until.HoldsAsync(
            async () =>
                await DatabaseContents.ScalarAsync<long>(
                    database.ConnectionString,
                    """
                    select count(*) from pg_locks
                    where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())
                    """
                ) > 0,
            "the server waits for the lock"
        );

        Assert.Equal("Healthy", (await client.GetAsync("/alive")).Is(HttpStatusCode.OK).Text);
        (await client.GetAsync("/health")).Is(HttpStatusCode.ServiceUnavailable);
        (await client.GetAsync("health")).IsUnavailable();
        (await client.GetAsync("credentials")).IsUnavailable();
        (await client.GetAsync("unknown")).IsUnavailable();

        await holder.CloseAsync();
        await server.WaitUntilReadyAsync();
        (await client.GetAsync("health")).Is(HttpStatusCode.OK);
        (await client.GetAsync("credentials")).IsUnauthorized();
    }
}
