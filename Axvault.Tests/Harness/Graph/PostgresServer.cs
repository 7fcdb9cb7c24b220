using Axvault.AppHost.EmbeddedPostgres;
using Axvault.Tests.Harness.Leaks;

namespace Axvault.Tests.Harness.Graph;

/// <summary>A PostgreSQL server for one test that stops, kills or freezes the database. It is started by the same code as the server of the graph.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly TestFolder _folder;
    private readonly PostgresCluster _cluster;
    private readonly List<string> _log;

    private PostgresServer(TestFolder folder, PostgresCluster cluster, List<string> log) => (_folder, _cluster, _log) = (folder, cluster, log);

    /// <summary>The connection string of the superuser.</summary>
    public string ConnectionString => _cluster.ConnectionString;

    /// <summary>The port. It stays the same at every start unless another process takes it.</summary>
    public int Port => _cluster.Port;

    /// <summary>The process id of the postmaster.</summary>
    public int ProcessId => _cluster.ProcessId ?? throw new InvalidOperationException("The server does not run.");

    /// <summary>The data folder.</summary>
    internal ClusterFolder Folder => new(_folder.Path);

    /// <summary>The lines that the server has logged so far.</summary>
    public IReadOnlyList<string> LogLines
    {
        get
        {
            lock (_log)
            {
                return [.. _log];
            }
        }
    }

    /// <summary>Creates a server and starts it.</summary>
    public static async Task<PostgresServer> StartNewAsync(CancellationToken cancellationToken) =>
        await StartAsync(
            new TestFolder(),
            await PostgresBinaries.InstallAsync(ClusterFolder.StateFolder(), static _ => { }, cancellationToken),
            cancellationToken
        );

    /// <summary>
    /// Starts a server of <paramref name="binaries"/> on the cluster in <paramref name="folder"/>, or on a new one when the folder is empty. The server
    /// then owns the folder.
    /// </summary>
    internal static async Task<PostgresServer> StartAsync(TestFolder folder, PostgresBinaries binaries, CancellationToken cancellationToken)
    {
        var log = new List<string>();
        var server = new PostgresServer(folder, new PostgresCluster(binaries, new ClusterFolder(folder.Path), Write), log);
        await server.StartAsync(cancellationToken);
        LeakWatch.Secrets.AddPasswordOf(server.ConnectionString);
        return server;

        void Write(string line)
        {
            LeakWatch.Line(EmissionChannel.DatabaseLog, LeakWatch.CurrentTest, line);
            lock (log)
            {
                log.Add(line);
            }
        }
    }

    /// <summary>Starts the server again, after it was stopped or killed.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => _cluster.StartAsync(cancellationToken);

    /// <summary>Stops the server cleanly and ends all sessions.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _cluster.StopAsync(cancellationToken);

    /// <summary>Kills every process of the server, as a power cut would.</summary>
    public Task KillAsync() => _cluster.KillAsync();

    /// <summary>Creates an empty database for one test.</summary>
    public Task<TestDatabase> CreateDatabaseAsync() => TestDatabase.CreateAsync(ConnectionString);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _folder.Dispose();
    }
}
