using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Axvault.Bench.Subjects;

/// <summary>PgBouncer in transaction mode before one database, with a few connections to it.</summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    private const int PoolSize = 8;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);

    private readonly DirectoryInfo _folder;
    private readonly Process _process;

    private PgBouncer(DirectoryInfo folder, Process process, string connectionString) => (_folder, _process, ConnectionString) = (folder, process, connectionString);

    /// <summary>How to connect through it.</summary>
    public string ConnectionString { get; }

    /// <summary>Starts it before the database that <paramref name="connectionString"/> names.</summary>
    /// <exception cref="InvalidOperationException">It does not answer.</exception>
    public static async Task<PgBouncer> StartAsync(string connectionString)
    {
        var behind = new NpgsqlConnectionStringBuilder(connectionString);
        var folder = Directory.CreateTempSubdirectory("axvault-bench-pgbouncer-");
        var (settings, port) = (Path.Combine(folder.FullName, "pgbouncer.ini"), BenchProcess.FreePort());
        await File.WriteAllTextAsync(
            settings,
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                [databases]
                {behind.Database} = host={behind.Host} port={behind.Port} user={behind.Username} password={behind.Password}
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = {port}
                unix_socket_dir =
                auth_type = any
                pool_mode = transaction
                default_pool_size = {PoolSize}
                max_client_conn = 500
                ignore_startup_parameters = extra_float_digits
                """));
        var start = new ProcessStartInfo("pgbouncer", Environment.IsPrivilegedProcess ? ["--quiet", "--user=nobody", settings] : ["--quiet", settings]);
        var bouncer = new PgBouncer(folder, Process.Start(start)!, new NpgsqlConnectionStringBuilder(connectionString) { Host = "127.0.0.1", Port = port }.ConnectionString);
        var clock = Stopwatch.StartNew();
        while (!await bouncer.AnswersAsync())
        {
            if (bouncer._process.HasExited || clock.Elapsed > StartLimit)
            {
                await bouncer.DisposeAsync();
                throw new InvalidOperationException("PgBouncer does not answer.");
            }

            await Task.Delay(50);
        }

        return bouncer;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString);
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
