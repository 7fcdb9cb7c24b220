using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Axvault.AppHost.EmbeddedPostgres;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Axvault.Tests.Graph;

/// <summary>The embedded PostgreSQL survives the events of a developer's machine: kills, restarts and leftovers of earlier runs.</summary>
public sealed class EmbeddedPostgresTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task Data_survives_a_restart_and_a_kill()
    {
        await using var server = await PostgresServer.StartNewAsync(CancellationToken);
        await ExecuteAsync(server.ConnectionString, "create table kept as select 42 as answer");

        await server.StopAsync(CancellationToken);
        await server.StartAsync(CancellationToken);
        Assert.Equal(42, await ExecuteAsync(server.ConnectionString, "select answer from kept"));

        await server.KillAsync();
        await server.StartAsync(CancellationToken);
        Assert.Equal(42, await ExecuteAsync(server.ConnectionString, "select answer from kept"));
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_start_does_not_connect_before_recovery_is_finished()
    {
        await using var server = await PostgresServer.StartNewAsync(CancellationToken);
        await ExecuteAsync(server.ConnectionString, "create table filled as select repeat('x', 100) from generate_series(1, 200000)");

        // After a kill the server replays its write-ahead log, which takes a while.
        await server.KillAsync();
        await server.StartAsync(CancellationToken);

        Assert.DoesNotContain(server.LogLines, static line => line.Contains("FATAL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ctrl_C_in_a_terminal_does_not_reach_the_server()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Sessions are read from /proc.");
        await using var server = await PostgresServer.StartNewAsync(CancellationToken);

        // "id (name) state parent group session …"
        var fields = (await File.ReadAllTextAsync($"/proc/{server.ProcessId}/stat", CancellationToken)).Split(' ');

        Assert.Equal("(postgres)", fields[1]);
        Assert.Equal([fields[0], fields[0]], fields[4..6]);
    }

    [Fact]
    public async Task A_server_that_crashes_is_reported_in_the_terminal_with_its_exit_code()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no signals.");
        using var folder = new TestFolder();
        var terminal = new Terminal();
        var application = new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance);
        await using var services = new ServiceCollection().BuildServiceProvider();
        var loggers = new ResourceLoggerService();
        using var notifications = new ResourceNotificationService(NullLogger<ResourceNotificationService>.Instance, application, services, loggers);
        await using var lifetime = new EmbeddedPostgresLifetime(notifications, loggers, application, terminal);
        var server = new EmbeddedPostgresResource("postgres", new ClusterFolder(folder.Path));
        server.Annotations.Add(new EndpointAnnotation(ProtocolType.Tcp, name: EmbeddedPostgresResource.EndpointName));
        await lifetime.StartAsync(
            server,
            new InitializeResourceEvent(server, new DistributedApplicationEventing(), loggers, notifications, services),
            CancellationToken
        );

        Signal.Send(lifetime["postgres"].ProcessId!.Value, Signal.Kill);

        await Until.HoldsAsync(() => !terminal.Lines.IsEmpty, "a line is in the terminal");
        Assert.Contains("exit code 137", Assert.Single(terminal.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stale_pid_file_does_not_stop_a_start()
    {
        await using var server = await PostgresServer.StartNewAsync(CancellationToken);
        await server.StopAsync(CancellationToken);
        // The process id belongs to a program that is not PostgreSQL: the test process.
        await File.WriteAllTextAsync(server.Folder.PidFile, $"{Environment.ProcessId}\n{server.Folder.Data}\n", CancellationToken);

        await server.StartAsync(CancellationToken);

        Assert.Equal(1, await ExecuteAsync(server.ConnectionString, "select 1"));
    }

    [Fact]
    public async Task A_server_that_was_left_running_is_stopped_and_its_data_is_used()
    {
        using var folder = new TestFolder();
        var binaries = await PostgresBinaries.InstallAsync(ClusterFolder.StateFolder(), static _ => { }, CancellationToken);
        var left = new PostgresCluster(binaries, new ClusterFolder(folder.Path), static _ => { });
        await left.StartAsync(CancellationToken);
        await ExecuteAsync(left.ConnectionString, "create table kept as select 42 as answer");
        using var process = Process.GetProcessById(left.ProcessId!.Value);
        left.Abandon();

        await using var next = new PostgresCluster(binaries, new ClusterFolder(folder.Path), static _ => { });
        await next.StartAsync(CancellationToken);

        Assert.Equal(42, await ExecuteAsync(next.ConnectionString, "select answer from kept"));
        Assert.True(process.HasExited);
    }

    [Fact]
    public async Task A_folder_that_another_process_uses_is_refused()
    {
        await using var server = await PostgresServer.StartNewAsync(CancellationToken);
        var binaries = await PostgresBinaries.InstallAsync(ClusterFolder.StateFolder(), static _ => { }, CancellationToken);
        await using var second = new PostgresCluster(binaries, server.Folder, static _ => { });

        var error = await Assert.ThrowsAsync<EmbeddedPostgresException>(() => second.StartAsync(CancellationToken));

        Assert.Contains("Another process uses", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, await ExecuteAsync(server.ConnectionString, "select 1"));
    }

    [Fact]
    public async Task An_interrupted_initialization_is_started_again()
    {
        using var folder = new TestFolder();
        var half = new ClusterFolder(folder.Path);
        Directory.CreateDirectory(half.Staging);
        await File.WriteAllTextAsync(Path.Combine(half.Staging, "PG_VERSION"), "18", CancellationToken);
        var binaries = await PostgresBinaries.InstallAsync(ClusterFolder.StateFolder(), static _ => { }, CancellationToken);

        await using var cluster = new PostgresCluster(binaries, half, static _ => { });
        await cluster.StartAsync(CancellationToken);

        Assert.Equal(1, await ExecuteAsync(cluster.ConnectionString, "select 1"));
    }

    [Theory]
    [InlineData("wrong")]
    [InlineData(null)]
    public async Task A_connection_without_the_password_is_refused(string? password)
    {
        await using var server = await PostgresServer.StartNewAsync(CancellationToken);
        var stranger = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Password = password, Pooling = false };

        await using var connection = new NpgsqlConnection(stranger.ConnectionString);

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => connection.OpenAsync(CancellationToken));
        Assert.StartsWith(
            "SCRAM-SHA-256$",
            (string?)await ExecuteAsync(server.ConnectionString, "select rolpassword from pg_authid where rolname = 'postgres'"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task The_server_listens_only_on_the_loopback_interface()
    {
        await using var server = await PostgresServer.StartNewAsync(CancellationToken);

        var listeners = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Where(listener => listener.Port == server.Port);

        Assert.Equal(["127.0.0.1"], listeners.Select(static listener => listener.Address.ToString()));
    }

    [Fact]
    public async Task The_password_is_on_no_command_line_and_readable_only_by_its_owner()
    {
        await using var server = await PostgresServer.StartNewAsync(CancellationToken);
        var password = server.Folder.Password();

        Assert.DoesNotContain(server.LogLines, line => line.Contains(password, StringComparison.Ordinal));
        if (OperatingSystem.IsLinux())
        {
            var commandLines = Directory
                .EnumerateDirectories("/proc")
                .Select(static folder => Path.Combine(folder, "cmdline"))
                .Where(File.Exists)
                .Select(ReadIfStillThere);
            Assert.DoesNotContain(commandLines, line => line.Contains(password, StringComparison.Ordinal));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(server.Folder.Root, "password")));
        }
    }

    private sealed class Terminal : ILogger<EmbeddedPostgresLifetime>
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));
    }

    private static string ReadIfStillThere(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static async Task<object?> ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(CancellationToken);
    }
}
