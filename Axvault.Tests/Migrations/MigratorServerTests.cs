using Axvault.Tests.Graph;
using Axvault.Tests.Server;

namespace Axvault.Tests.Migrations;

/// <summary>A migration is all or nothing.</summary>
public sealed class MigratorServerTests(VaultGraph graph)
{
    [Fact]
    public async Task A_migration_that_fails_half_way_leaves_nothing_and_is_run_again()
    {
        await using var database = await graph.CreateDatabaseAsync();

        // The index is made after its table, by the same file.
        await DatabaseContents.ExecuteAsync(
            database.ConnectionString,
            """
            create function refuse() returns event_trigger language plpgsql as $$
            begin
              if exists (select from pg_event_trigger_ddl_commands() where object_identity = 'axvault.credential_key_id_idx') then
                raise exception 'no index today';
              end if;
            end $$;
            create event trigger refuse on ddl_command_end when tag in ('CREATE INDEX') execute function refuse();
            """);
        await using (var server = await VaultServer.RunToEndAsync(new ServerSettings(database.ConnectionString)))
        {
            Assert.Equal(1, await server.WaitForExitAsync());
            Assert.Contains("no index today", Assert.Single(server.Errors), StringComparison.Ordinal);
        }

        Assert.True(await ExistsAsync("axvault.api_key"));
        Assert.False(await ExistsAsync("axvault.credential"));
        Assert.Equal(0, await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(*) from axvault.api_key"));

        await DatabaseContents.ExecuteAsync(database.ConnectionString, "drop event trigger refuse");
        await using var mended = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        Assert.True(await ExistsAsync("axvault.credential"));
        Assert.NotNull(mended.BootstrapSecret);

        Task<bool> ExistsAsync(string table) => DatabaseContents.ScalarAsync<bool>(database.ConnectionString, $"select to_regclass('{table}') is not null");
    }
}
