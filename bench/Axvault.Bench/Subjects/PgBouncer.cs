using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Axvault.Bench.Subjects;

/// <summary>
/// PgBouncer in transaction mode in front of one database. Each transaction of a client may run on another connection to PostgreSQL. The tests link
/// this file, so it uses nothing else of the benchmark.
/// </summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly DirectoryInfo _folder;
    private readonly Process _process;

    private PgBouncer(DirectoryInfo folder, Process process, string connectionString) =>
        (_folder, _process, ConnectionString) = (folder, process, connectionString);

    /// <summary>The connection string of the database behind PgBouncer.</summary>
    public string ConnectionString { get; }

    /// <summary>Starts PgBouncer, and returns when it answers. The program must be installed.</summary>
    /// <param name="connectionString">The connection string of the database.</param>
    /// <param name="port">The port that PgBouncer listens on.</param>
    /// <param name="poolSize">The maximum number of connections to the database.</param>
    /// <exception cref="InvalidOperationException">PgBouncer does not answer.</exception>
    public static async Task<PgBouncer> StartAsync(string connectionString, int port, int poolSize)
    {
        var folder = Directory.CreateTempSubdirectory("axvault-pgbouncer-");
        var settings = Path.Combine(folder.FullName, "pgbouncer.ini");
        await File.WriteAllTextAsync(settings, Settings(new NpgsqlConnectionStringBuilder(connectionString), port, poolSize));

        // Like PostgreSQL, PgBouncer refuses to run as root.
        var start = new ProcessStartInfo("pgbouncer", Environment.IsPrivilegedProcess ? ["--quiet", "--user=nobody", settings] : ["--quiet", settings]);
        var bouncer = new PgBouncer(
            folder,
            Process.Start(start)!,
            new NpgsqlConnectionStringBuilder(connectionString) { Host = "127.0.0.1", Port = port }.ConnectionString
        );
        var clock = Stopwatch.StartNew();
        while (!await bouncer.AnswersAsync())
        {
            if (bouncer._process.HasExited || clock.Elapsed > StartLimit)
            {
                await bouncer.DisposeAsync();
                throw new InvalidOperationException("PgBouncer does not answer.");
            }

            await Task.Delay(Pause);
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

    private static string Settings(NpgsqlConnectionStringBuilder database, int port, int poolSize) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            [databases]
            {database.Database} = host={database.Host} port={database.Port} user={database.Username} password={database.Password}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            default_pool_size = {poolSize}
            max_client_conn = 500
            ignore_startup_parameters = extra_float_digits
            """
        );

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
