using System.Diagnostics;
using System.Globalization;
using Axvault.Tests.Server;
using Npgsql;

namespace Axvault.Tests.Graph;

/// <summary>PgBouncer in transaction mode before one database: a connection of the server's is any connection to PostgreSQL, another one for each transaction.</summary>
public sealed class PgBouncer : IAsyncDisposable
{
    private const int PoolSize = 4;

    private readonly TestFolder _folder;
    private readonly Process _process;

    private PgBouncer(TestFolder folder, Process process, string connectionString) => (_folder, _process, ConnectionString) = (folder, process, connectionString);

    /// <summary>How to connect through it.</summary>
    public string ConnectionString { get; }

    /// <summary>Starts it before <paramref name="database"/>. The program must be installed.</summary>
    public static async Task<PgBouncer> StartAsync(TestDatabase database)
    {
        ArgumentNullException.ThrowIfNull(database);

        var behind = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var folder = new TestFolder();
        var port = FreePort.Next();
        var settings = Path.Combine(folder.Path, "pgbouncer.ini");
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
        var start = new ProcessStartInfo("pgbouncer") { RedirectStandardOutput = true, RedirectStandardError = true };
        // It does not run as root, like PostgreSQL itself.
        string[] arguments = Environment.IsPrivilegedProcess ? ["--user=nobody", settings] : [settings];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var through = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Host = "127.0.0.1", Port = port, Pooling = false };
        var bouncer = new PgBouncer(folder, process, through.ConnectionString);
        await Until.HoldsAsync(bouncer.AnswersAsync, "PgBouncer answers");
        return bouncer;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Signal.Send(_process.Id, Signal.Kill);
        await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(Until.Limit, CancellationToken.None);
        _process.Dispose();
        _folder.Dispose();
    }

    private async Task<bool> AnswersAsync()
    {
        Assert.False(_process.HasExited, "PgBouncer ended.");
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString);
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
