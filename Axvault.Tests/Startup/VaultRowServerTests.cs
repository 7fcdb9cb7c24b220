using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Startup;

/// <summary>Key rows of a vault that were weakened or removed by a writer of the database.</summary>
public sealed class VaultRowServerTests(VaultGraph graph)
{
    [Theory]
    [InlineData("delete from axvault.vault", "axvault.vault is empty")]
    [InlineData("delete from axvault.kek", "axvault.kek is empty")]
    [InlineData("delete from axvault.vault; delete from axvault.kek", "axvault.vault and axvault.kek are empty")]
    [InlineData("delete from axvault.vault; delete from axvault.kek; delete from axvault.api_key; delete from axvault.credential", "audit entries")]
    [InlineData(
        "delete from axvault.vault; delete from axvault.kek; delete from axvault.audit_entry; delete from axvault.lane; delete from axvault.checkpoint",
        "API keys"
    )]
    [InlineData("alter table axvault.vault drop constraint vault_iterations_are_slow; update axvault.vault set iterations = 1", "iterations")]
    [InlineData("update axvault.vault set iterations = 100000", "iterations")]
    [InlineData("update axvault.vault set iterations = 2147483647", "iterations")]
    [InlineData("alter table axvault.vault drop constraint vault_salt_is_long; update axvault.vault set salt = ''", "salt")]
    [InlineData(
        "alter table axvault.vault drop constraint vault_iterations_are_slow; delete from axvault.kek; update axvault.vault set iterations = 1",
        "iterations"
    )]
    public async Task A_changed_key_row_ends_the_start_with_one_line_and_nothing_is_written(string sql, string reason)
    {
        await using var database = await graph.CreateDatabaseAsync();
        var settings = new ServerSettings(database.ConnectionString);
        await using (var server = await VaultServer.StartAsync(settings))
        {
            using var admin = server.Client(server.BootstrapSecret);
            (await admin.PutCredentialAsync("kept", """{"v":1}""")).Is(HttpStatusCode.Created);
            Assert.Equal(0, await server.StopAsync());
        }

        await DatabaseContents.ExecuteAsync(database.ConnectionString, sql);
        var before = await CountAsync(database.ConnectionString);

        await using var refused = await VaultServer.RunToEndAsync(settings);

        Assert.Equal(1, await refused.WaitForExitAsync());
        Assert.Contains(reason, Assert.Single(refused.Errors), StringComparison.Ordinal);
        Assert.Equal(before, await CountAsync(database.ConnectionString));
    }

    private static Task<string> CountAsync(string connectionString) =>
        DatabaseContents.ScalarAsync<string>(
            connectionString,
            """
            select concat_ws(',', (select count(*) from axvault.vault), (select count(*) from axvault.kek), (select count(*) from axvault.api_key),
              (select count(*) from axvault.audit_entry), (select count(*) from axvault.lane), (select count(*) from axvault.server))
            """
        );
}
