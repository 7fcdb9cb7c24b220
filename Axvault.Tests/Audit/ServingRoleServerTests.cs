using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Npgsql;

namespace Axvault.Tests.Audit;

/// <summary>Two roles: an owner that migrates, and a role that only serves. The second appends to the audit log and changes no entry.</summary>
public sealed class ServingRoleServerTests(VaultGraph graph)
{
    [Fact]
    public async Task A_role_that_only_serves_appends_and_cuts_months_and_changes_no_entry()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var (owner, serving) = ($"o_{Guid.NewGuid():n}", $"s_{Guid.NewGuid():n}");
        await DatabaseContents.ExecuteAsync(
            database.ConnectionString,
            $"create role {owner} login password 'p'; create role {serving} login password 'p'; create schema axvault authorization {owner}"
        );
        try
        {
            var asOwner = As(database.ConnectionString, owner);
            var asServer = As(database.ConnectionString, serving);
            string? secret;
            await using (var first = await VaultServer.StartAsync(new ServerSettings(asOwner)))
            {
                secret = first.BootstrapSecret;
                Assert.Equal(0, await first.StopAsync());
            }

            await DatabaseContents.ExecuteAsync(asOwner, $"select axvault.serve_as('{serving}')");
            await DatabaseContents.ExecuteAsync(asOwner, "select axvault.audit_make_month('2020-01-15')");

            await using var server = await VaultServer.StartAsync(new ServerSettings(asServer) { Flags = ["--audit-retention-days", "30"] });
            using var admin = server.Client(secret);
            (await admin.PutCredentialAsync("served", """{"v":1}""")).Is(HttpStatusCode.Created);
            (await admin.GetAsync("credentials/served")).Is(HttpStatusCode.OK);
            (await admin.DeleteAsync("credentials/served")).Is(HttpStatusCode.NoContent);
            await admin.CreateKeyAsync(["a.*"]);
            Assert.True((await admin.GetAsync("audit/verify")).Json.GetProperty("valid").GetBoolean());
            await server.WaitForOutputAsync("of the audit log was dropped");
            Assert.True((await admin.GetAsync("audit/verify")).Json.GetProperty("valid").GetBoolean());

            foreach (var sql in Forbidden(serving))
            {
                var refusal = await Assert.ThrowsAsync<PostgresException>(() => DatabaseContents.ExecuteAsync(asServer, sql));
                Assert.Contains(refusal.SqlState, (string[])[PostgresErrorCodes.InsufficientPrivilege, PostgresErrorCodes.InvalidParameterValue]);
            }

            Assert.Equal(0, await server.StopAsync());
            await using var again = await VaultServer.StartAsync(new ServerSettings(asOwner));
            Assert.False(
                await DatabaseContents.ScalarAsync<bool>(asOwner, $"select has_table_privilege('{serving}', 'axvault.audit_entry', 'update, delete, truncate')")
            );
        }
        finally
        {
            await DatabaseContents.ExecuteAsync(
                database.ConnectionString,
                $"drop owned by {serving} cascade; drop owned by {owner} cascade; drop role {serving}; drop role {owner}"
            );
        }
    }

    private static string[] Forbidden(string serving) =>
        [
            "update axvault.audit_entry set reason = 'x'",
            "delete from axvault.audit_entry",
            "truncate axvault.audit_entry",
            $"delete from axvault.audit_entry_{DateTime.UtcNow:yyyyMM}",
            $"drop table axvault.audit_entry_{DateTime.UtcNow:yyyyMM}",
            "alter table axvault.audit_entry disable trigger all",
            "update axvault.vault set iterations = 100000",
            "delete from axvault.vault",
            "insert into axvault.serving_role values ('x')",
            $"select axvault.serve_as('{serving}')",
            "create table axvault.other (a int)",
            $"select axvault.audit_drop_month('audit_entry_{DateTime.UtcNow:yyyyMM}')",
            "select axvault.audit_drop_month('api_key')",
            "select axvault.audit_drop_month('audit_entry_202001; drop table axvault.api_key')",
        ];

    private static string As(string connectionString, string role) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Username = role, Password = "p" }.ConnectionString;
}
