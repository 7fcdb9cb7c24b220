using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Database;

/// <summary>A migration is applied whole or not at all.</summary>
public sealed class MigratorServerTests(VaultGraph graph)
{
    [Fact]
    public async Task A_migration_that_fails_half_way_is_rolled_back_and_runs_again()
    {
        await using var database = await graph.CreateDatabaseAsync();

        // The migration creates this index after its table, in the same file.
        await DatabaseContents.ExecuteAsync(
            database.ConnectionString,
            """
            create function refuse() returns event_trigger language plpgsql as $$
            begin
              if exists (select from pg_event_trigger_ddl_commands() where object_identity = 'axvault.credential_version_kek_id_idx') then
                raise exception 'no index today';
              end if;
            end $$;
            create event trigger refuse on ddl_command_end when tag in ('CREATE INDEX') execute function refuse();
            """
        );
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
