using System.Globalization;
using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Npgsql;

namespace Axvault.Tests.Startup;

/// <summary>A stricter default isolation of transactions, which a database, a role or a URL may set, changes nothing.</summary>
public sealed class DatabaseIsolationServerTests(VaultGraph graph)
{
    private const int Puts = 24;

    [Theory]
    [InlineData("database", "serializable")]
    [InlineData("database", "repeatable read")]
    [InlineData("role", "serializable")]
    [InlineData("url", "serializable")]
    [InlineData("url", "repeatable read")]
    public async Task A_stricter_default_isolation_fails_no_concurrent_puts_and_reads(string where, string level)
    {
        await using var database = await graph.CreateDatabaseAsync();
        var role = $"r_{Guid.NewGuid():n}";
        await DatabaseContents.ExecuteAsync(
            database.ConnectionString,
            $"create role {role} login password 'p'; grant create on database {database.Name} to {role}"
        );
        try
        {
            var address = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = role, Password = "p" };
            if (where == "url")
            {
                address.Options = $"-c default_transaction_isolation={level.Replace(" ", "\\ ", StringComparison.Ordinal)}";
            }
            else
            {
                var name = where == "role" ? role : database.Name;
                await DatabaseContents.ExecuteAsync(database.ConnectionString, $"alter {where} {name} set default_transaction_isolation = '{level}'");
            }

            Assert.Equal(level, await DatabaseContents.ScalarAsync<string>(address.ConnectionString, "show transaction_isolation"));
            await PutAndReadAsync(address.ConnectionString);
        }
        finally
        {
            await DatabaseContents.ExecuteAsync(database.ConnectionString, $"drop owned by {role} cascade; drop role {role}");
        }
    }

    private static async Task PutAndReadAsync(string connectionString)
    {
        await using var one = await VaultServer.StartAsync(new ServerSettings(connectionString));
        await using var two = await VaultServer.StartAsync(new ServerSettings(connectionString));
        using var first = one.Client(one.BootstrapSecret);
        using var second = two.Client(one.BootstrapSecret);
        (await first.PutCredentialAsync("read")).Is(HttpStatusCode.Created);

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, Puts)
                .SelectMany(n =>
                    (Task<Answer>[])
                        [
                            (n % 2 == 0 ? first : second).PutCredentialAsync($"put.{n % 3}", $$"""{"n":{{n}}}"""),
                            (n % 2 == 0 ? second : first).GetAsync("credentials/read"),
                        ]
                )
        );

        Assert.All(answers.Where(static (_, place) => place % 2 == 0), static answer => answer.Is(HttpStatusCode.Created));
        Assert.All(answers.Where(static (_, place) => place % 2 == 1), static answer => answer.Is(HttpStatusCode.OK));
        for (var n = 0; n < 3; n++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"put.{n}");
            Assert.Equal((await first.GetAsync($"credentials/{name}")).Raw("data"), (await second.GetAsync($"credentials/{name}")).Raw("data"));
        }

        Assert.True((await first.GetAsync("audit/verify")).Json.GetProperty("valid").GetBoolean());
        Assert.Equal(
            Puts + 1,
            await DatabaseContents.ScalarAsync<long>(
                connectionString,
                "select count(*) from axvault.audit_entry where action = 'credential.put' and outcome = 'success'"
            )
        );
    }
}
