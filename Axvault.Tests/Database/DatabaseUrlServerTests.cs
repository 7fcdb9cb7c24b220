using System.Globalization;
using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Npgsql;

namespace Axvault.Tests.Database;

/// <summary>Addresses of databases, from the setting to a request that the server answers.</summary>
[Trait("Category", "Long")]
public sealed class DatabaseUrlServerTests(VaultGraph graph)
{
    [Fact(Explicit = true)]
    public async Task A_host_that_answers_is_used_among_several()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var address = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var hosts = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{FreePort.Next()},{address.Host}:{address.Port}");

        await AssertWorksAsync($"postgresql://{address.Username}:{Uri.EscapeDataString(address.Password!)}@{hosts}/{address.Database}");
    }

    [Theory(Explicit = true)]
    [InlineData("read-write")]
    [InlineData("primary")]
    [InlineData("any")]
    public async Task The_kind_of_server_can_be_selected(string attributes)
    {
        await using var database = await graph.CreateDatabaseAsync();
        var address = new NpgsqlConnectionStringBuilder(database.ConnectionString);

        await AssertWorksAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"postgres://{address.Username}:{Uri.EscapeDataString(address.Password!)}@{address.Host}:{address.Port}/{address.Database}"
                    + $"?target_session_attrs={attributes}&application_name=named&connect_timeout=5&sslmode=prefer"
            )
        );
    }

    [Fact(Explicit = true)]
    public async Task A_server_that_accepts_writes_is_used_among_several()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var address = new NpgsqlConnectionStringBuilder(database.ConnectionString);

        // Two names of the same server stand for two servers, because there is no standby here.
        await AssertWorksAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"postgresql://{address.Username}:{Uri.EscapeDataString(address.Password!)}@localhost:{address.Port},127.0.0.1:{address.Port}"
                    + $"/{address.Database}?target_session_attrs=read-write"
            )
        );
    }

    [Fact(Explicit = true)]
    public async Task A_user_and_a_password_of_any_characters_work_percent_encoded()
    {
        const string Password = "p@ss:w/ord?#[]%41 é🔑&=+,;'\"\\";
        await using var database = await graph.CreateDatabaseAsync();
        var address = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var role = $"r/{Guid.NewGuid():n}@x";
        await DatabaseContents.ExecuteAsync(
            database.ConnectionString,
            $"""
            create role "{role}" login password '{Password.Replace("'", "''", StringComparison.Ordinal)}';
            grant create on database {address.Database} to "{role}"
            """
        );
        try
        {
            await AssertWorksAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"postgresql://{Uri.EscapeDataString(role)}:{Uri.EscapeDataString(Password)}@{address.Host}:{address.Port}/{address.Database}"
                )
            );
        }
        finally
        {
            await DatabaseContents.ExecuteAsync(database.ConnectionString, $"""drop owned by "{role}"; drop role "{role}" """);
        }
    }

    [Theory(Explicit = true)]
    [InlineData("sslmode=require")]
    [InlineData("sslmode=verify-full")]
    public async Task A_connection_that_must_be_encrypted_is_not_made_in_the_clear(string parameter)
    {
        await using var database = await graph.CreateDatabaseAsync();
        var address = new NpgsqlConnectionStringBuilder(database.ConnectionString);

        var url = string.Create(
            CultureInfo.InvariantCulture,
            $"postgresql://{address.Username}:{Uri.EscapeDataString(address.Password!)}@{address.Host}:{address.Port}/{address.Database}?{parameter}"
        );
        await using var server = await VaultServer.RunToEndAsync(new ServerSettings(url) { Flags = ["--database-wait", "1"] });

        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.Contains("SSL", Assert.Single(server.Errors), StringComparison.Ordinal);
        Assert.Equal(0, await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(*) from pg_namespace where nspname = 'axvault'"));
    }

    [Fact(Explicit = true)]
    public async Task The_variable_overrides_the_injected_connection_string()
    {
        await using var database = await graph.CreateDatabaseAsync();

        await using var server = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString)
            {
                Variables = new Dictionary<string, string> { ["ConnectionStrings__vaultdb"] = "Host=127.0.0.1;Port=1;Database=other" },
            }
        );
        Assert.NotNull(server.BootstrapSecret);
    }

    [Fact(Explicit = true)]
    public async Task The_injected_connection_string_is_used_without_the_variable()
    {
        await using var database = await graph.CreateDatabaseAsync();

        await using var server = await VaultServer.StartAsync(
            new ServerSettings("") { Variables = new Dictionary<string, string> { ["ConnectionStrings__vaultdb"] = database.ConnectionString } }
        );
        Assert.NotNull(server.BootstrapSecret);
    }

    private static async Task AssertWorksAsync(string url)
    {
        await using var server = await VaultServer.StartAsync(new ServerSettings(url));
        using var client = server.Client(server.BootstrapSecret);
        (await client.PutCredentialAsync("works")).Is(HttpStatusCode.Created);
        (await client.GetAsync("credentials/works")).Is(HttpStatusCode.OK);
    }
}
