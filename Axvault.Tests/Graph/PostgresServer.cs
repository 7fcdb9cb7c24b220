using Axvault.AppHost.EmbeddedPostgres;
using Axvault.Tests.Leaks;

namespace Axvault.Tests.Graph;

/// <summary>A PostgreSQL server of one test's own, by the same code as the graph's: for tests that stop, kill or freeze the database.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly TestFolder _folder;
    private readonly PostgresCluster _cluster;
    private readonly List<string> _log;

    private PostgresServer(TestFolder folder, PostgresCluster cluster, List<string> log) => (_folder, _cluster, _log) = (folder, cluster, log);

    /// <summary>How to connect as the superuser.</summary>
    public string ConnectionString => _cluster.ConnectionString;

    /// <summary>The port, the same at every start as long as nobody else takes it.</summary>
    public int Port => _cluster.Port;

    /// <summary>The process id of the postmaster.</summary>
    public int ProcessId => _cluster.ProcessId ?? throw new InvalidOperationException("The server does not run.");

    /// <summary>The data folder.</summary>
    internal ClusterFolder Folder => new(_folder.Path);

    /// <summary>What the server has logged so far.</summary>
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

    /// <summary>Makes a server and starts it.</summary>
    public static async Task<PostgresServer> StartNewAsync(CancellationToken cancellationToken) =>
        await StartAsync(new TestFolder(), await PostgresBinaries.InstallAsync(ClusterFolder.StateFolder(), static _ => { }, cancellationToken), cancellationToken);

    /// <summary>Starts a server of <paramref name="binaries"/> on what is in <paramref name="folder"/>, which it then owns; on a new cluster when nothing is.</summary>
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

    /// <summary>Stops the server in order; sessions are ended.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _cluster.StopAsync(cancellationToken);

    /// <summary>Kills every process of the server, as a power cut would.</summary>
    public Task KillAsync() => _cluster.KillAsync();

    /// <summary>Makes a database that is empty, and nobody else's.</summary>
    public Task<TestDatabase> CreateDatabaseAsync() => TestDatabase.CreateAsync(ConnectionString);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _folder.Dispose();
    }
}
