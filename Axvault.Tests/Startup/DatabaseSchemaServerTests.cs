using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Npgsql;

namespace Axvault.Tests.Startup;

/// <summary>A schema that an administrator of the database has made needs no right in the database itself.</summary>
public sealed class DatabaseSchemaServerTests(VaultGraph graph)
{
    [Theory]
    [InlineData("create schema axvault authorization {0}")]
    [InlineData("create schema axvault; grant usage, create on schema axvault to {0}")]
    public async Task A_user_without_create_on_the_database_uses_a_schema_that_is_there(string sql)
    {
        await using var database = await graph.CreateDatabaseAsync();
        var role = $"r_{Guid.NewGuid():n}";
        await DatabaseContents.ExecuteAsync(database.ConnectionString, $"create role {role} login password 'p'");
        await DatabaseContents.ExecuteAsync(database.ConnectionString, string.Format(null, sql, role));
        try
        {
            Assert.False(
                await DatabaseContents.ScalarAsync<bool>(
                    database.ConnectionString,
                    $"select has_database_privilege('{role}', current_database()::text, 'create')"
                )
            );
            var address = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = role, Password = "p" };
            string? secret;
            await using (var first = await VaultServer.StartAsync(new ServerSettings(address.ConnectionString)))
            {
                secret = first.BootstrapSecret;
                using var client = first.Client(secret);
                (await client.PutCredentialAsync("a")).Is(HttpStatusCode.Created);
                Assert.Equal(0, await first.StopAsync());
            }

            // Every migration runs again at each start.
            await using var second = await VaultServer.StartAsync(new ServerSettings(address.ConnectionString));
            using var again = second.Client(secret);
            (await again.GetAsync("credentials/a")).Is(HttpStatusCode.OK);
            Assert.True((await again.GetAsync("audit/verify")).Json.GetProperty("valid").GetBoolean());
        }
        finally
        {
            await DatabaseContents.ExecuteAsync(database.ConnectionString, $"drop owned by {role} cascade; drop role {role}");
        }
    }
}
