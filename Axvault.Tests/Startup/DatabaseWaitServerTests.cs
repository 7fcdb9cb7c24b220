using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Npgsql;

namespace Axvault.Tests.Startup;

/// <summary>Databases that are not available yet, stay unavailable, or refuse the connection.</summary>
public sealed class DatabaseWaitServerTests(VaultGraph graph)
{
    [Fact]
    public async Task A_start_waits_for_a_database_created_later()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var later = Later(database.ConnectionString);
        await using var server = VaultServer.Launch(new ServerSettings(later.ConnectionString));
        await server.WaitForOutputAsync("Waiting for the database");
        using var client = server.Client();
        (await client.GetAsync("health")).IsUnavailable();
        (await client.GetAsync("/openapi/v1.json")).IsUnavailable();
        (await client.GetAsync("/docs/")).IsUnavailable();
        (await client.GetAsync("/alive")).Is(HttpStatusCode.OK);

        await DatabaseContents.ExecuteAsync(database.ConnectionString, $"create database {later.Database}");
        try
        {
            await server.WaitUntilReadyAsync();
            Assert.NotNull(server.BootstrapSecret);
        }
        finally
        {
            await server.DisposeAsync();
            await DatabaseContents.ExecuteAsync(database.ConnectionString, $"drop database {later.Database} with (force)");
        }
    }

    [Fact]
    public async Task A_start_waits_a_bounded_time_for_an_unreachable_database()
    {
        var port = FreePort.Next();
        var clock = Stopwatch.StartNew();

        await using var server = await VaultServer.RunToEndAsync(
            new ServerSettings($"postgresql://user:canary-password@127.0.0.1:{port}/db") { Flags = ["--database-wait", "2"] }
        );

        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(20));
        var line = Assert.Single(server.Errors);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), line, StringComparison.Ordinal);
        Assert.Contains("did not answer within 2 s", line, StringComparison.Ordinal);
        AssertNotRepeated("canary-password", server);
    }

    [Theory]
    [InlineData("127.0.0.1:{0},127.0.0.1:{1}", "")]
    [InlineData("127.0.0.1:{0},127.0.0.1:{1}", "?target_session_attrs=any")]
    [InlineData("127.0.0.1:{0}", "?target_session_attrs=read-write")]
    public async Task A_start_waits_for_several_hosts_and_reports_each_reason(string hosts, string parameters)
    {
        var authority = string.Format(CultureInfo.InvariantCulture, hosts, FreePort.Next(), FreePort.Next());
        var clock = Stopwatch.StartNew();

        await using var server = await VaultServer.RunToEndAsync(
            new ServerSettings($"postgresql://user:canary-password@{authority}/db{parameters}") { Flags = ["--database-wait", "2"] }
        );

        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(20));
        var line = Assert.Single(server.Errors);
        Assert.Contains("did not answer within 2 s", line, StringComparison.Ordinal);
        Assert.All(authority.Split(','), host => Assert.Contains($"Failed to connect to {host}.", line, StringComparison.Ordinal));
        Assert.DoesNotContain("inner exception", line, StringComparison.Ordinal);
        AssertNotRepeated("canary-password", server);
    }

    [Fact]
    public async Task A_reason_from_an_earlier_attempt_is_reported_with_the_others()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var away = FreePort.Next();
        var hosts = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{away},127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}");

        // The second attempt asks only the first host again. The second host, which timed out after two seconds, is not yet due for a recheck.
        await using var server = await VaultServer.RunToEndAsync(
            new ServerSettings($"Host={hosts};Username=user;Password=canary-password;Database=db;Timeout=2;Host Recheck Seconds=2")
            {
                Flags = ["--database-wait", "3"],
            }
        );

        Assert.Equal(1, await server.WaitForExitAsync());
        var line = Assert.Single(server.Errors);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"Failed to connect to 127.0.0.1:{away}."), line, StringComparison.Ordinal);
        Assert.Contains("Exception while reading from stream.", line, StringComparison.Ordinal);
        AssertNotRepeated("canary-password", server);
    }

    [Fact]
    public async Task A_wrong_password_on_one_of_several_hosts_is_reported_at_once()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var address = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var hosts = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{FreePort.Next()},{address.Host}:{address.Port}");
        var clock = Stopwatch.StartNew();

        await using var server = await VaultServer.RunToEndAsync(
            new ServerSettings($"postgresql://{address.Username}:canary-password-4712@{hosts}/{address.Database}")
        );

        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{clock.Elapsed}");
        var line = Assert.Single(server.Errors);
        Assert.Contains("refuses the connection", line, StringComparison.Ordinal);
        Assert.Contains("28P01", line, StringComparison.Ordinal);
        AssertNotRepeated("canary-password-4712", server);
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_start_waits_for_a_read_only_host_to_accept_writes()
    {
        await using var postgres = await PostgresServer.StartNewAsync(TestContext.Current.CancellationToken);
        await TakeWritesAsync(false);
        await using var server = VaultServer.Launch(
            new ServerSettings(new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { TargetSessionAttributes = "read-write" }.ConnectionString)
        );
        await server.WaitForOutputAsync("No suitable host was found. Wanted: read-write, with default_transaction_read_only off.");

        await TakeWritesAsync(true);

        await server.WaitUntilReadyAsync();

        // Applies to open sessions too, like the promotion of a standby.
        async Task TakeWritesAsync(bool takes)
        {
            await DatabaseContents.ExecuteAsync(postgres.ConnectionString, $"alter system set default_transaction_read_only = {(takes ? "off" : "on")}");
            await DatabaseContents.ExecuteAsync(postgres.ConnectionString, "select pg_reload_conf()");
        }
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_missing_database_is_named_after_the_wait()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var absent = Later(database.ConnectionString);

        await using var server = await VaultServer.RunToEndAsync(new ServerSettings(absent.ConnectionString) { Flags = ["--database-wait", "1"] });

        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.Contains(absent.Database!, Assert.Single(server.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_reported_at_once_without_repeating_it()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var wrong = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Password = "canary-password-4711" };
        var clock = Stopwatch.StartNew();

        await using var server = await VaultServer.RunToEndAsync(new ServerSettings(wrong.ConnectionString) { Flags = ["--log-level", "trace"] });

        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{clock.Elapsed}");
        Assert.Contains("AXVAULT_DATABASE_URL", Assert.Single(server.Errors), StringComparison.Ordinal);
        AssertNotRepeated("canary-password-4711", server);
    }

    [Fact]
    public async Task A_user_without_rights_is_refused_with_the_missing_grant()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var role = $"r_{Guid.NewGuid():n}";
        await DatabaseContents.ExecuteAsync(database.ConnectionString, $"create role {role} login password 'canary-password-0815'");
        try
        {
            var address = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = role, Password = "canary-password-0815" };
            await using var server = await VaultServer.RunToEndAsync(new ServerSettings(address.ConnectionString));

            Assert.Equal(1, await server.WaitForExitAsync());
            var line = Assert.Single(server.Errors);
            Assert.Contains("grant create on database", line, StringComparison.Ordinal);
            Assert.Contains("grant usage, create on schema axvault", line, StringComparison.Ordinal);
            AssertNotRepeated("canary-password-0815", server);
        }
        finally
        {
            await DatabaseContents.ExecuteAsync(database.ConnectionString, $"drop role {role}");
        }
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_user_with_the_right_to_create_a_schema_is_sufficient()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var role = $"r_{Guid.NewGuid():n}";
        var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
        await DatabaseContents.ExecuteAsync(database.ConnectionString, $"create role {role} login password 'p'; grant create on database {name} to {role}");
        try
        {
            var address = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = role, Password = "p" };
            await using var server = await VaultServer.StartAsync(new ServerSettings(address.ConnectionString));
            using var client = server.Client(server.BootstrapSecret);
            (await client.PutCredentialAsync("a")).Is(HttpStatusCode.Created);
        }
        finally
        {
            await DatabaseContents.ExecuteAsync(database.ConnectionString, $"drop owned by {role}; drop role {role}");
        }
    }

    [Fact]
    public async Task A_read_only_database_is_reported_and_not_changed()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
        await DatabaseContents.ExecuteAsync(database.ConnectionString, $"alter database {name} set default_transaction_read_only = on");

        await using var server = await VaultServer.RunToEndAsync(new ServerSettings(database.ConnectionString));

        Assert.Equal(1, await server.WaitForExitAsync());
        var line = Assert.Single(server.Errors);
        Assert.Contains("default_transaction_read_only is on", line, StringComparison.Ordinal);
        Assert.Contains("no standby", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_during_the_wait_for_the_database_ends_the_server_at_once()
    {
        await using var server = VaultServer.Launch(new ServerSettings($"postgresql://user@127.0.0.1:{FreePort.Next()}/db"));
        await server.WaitForOutputAsync("Waiting for the database");
        var clock = Stopwatch.StartNew();

        Assert.Equal(0, await server.StopAsync());
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
    }

    [Fact]
    public async Task A_stop_during_the_wait_for_the_schema_lock_ends_the_server_at_once()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var holder = await DatabaseContents.OpenAsync(database.ConnectionString);
        await using var hold = new NpgsqlCommand("select pg_advisory_lock($1)", holder)
        {
            Parameters = { new() { Value = Api.Database.Migrator.AdvisoryLock } },
        };
        await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await using var server = VaultServer.Launch(new ServerSettings(database.ConnectionString));
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
        var clock = Stopwatch.StartNew();

        Assert.Equal(0, await server.StopAsync());
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
        Assert.DoesNotContain("axv_sk_", server.Transcript(), StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_host_with_another_protocol_is_reported_in_bounded_time()
    {
        // A web server in place of the database: its answer is not PostgreSQL's protocol.
        await using var database = await graph.CreateDatabaseAsync();
        await using var other = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));

        await using var server = await VaultServer.RunToEndAsync(
            new ServerSettings($"postgresql://user@{other.Address.Authority}/db") { Flags = ["--database-wait", "2"] }
        );

        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.Single(server.Errors);
    }

    private static NpgsqlConnectionStringBuilder Later(string connectionString) => new(connectionString) { Database = $"later_{Guid.NewGuid():n}" };

    private static void AssertNotRepeated(string password, VaultServer server) =>
        Assert.DoesNotContain(server.Output.Concat(server.Errors), line => line.Contains(password, StringComparison.Ordinal));
}
