using System.Globalization;
using Axvault.Bench.Subjects;
using Npgsql;

namespace Axvault.Exercise.Fleet;

/// <summary>PostgreSQL on three nodes, managed by Patroni with etcd: a primary and two standbys, one of them synchronous.</summary>
internal sealed class PatroniCluster : IAsyncDisposable
{
    private const int Nodes = 3;
    private const string Database = "axvault";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly PatroniPasswords _passwords = new();
    private readonly List<PatroniNode> _nodes = [];
    private BenchProcess? _etcd;

    private PatroniCluster() { }

    private string Hosts => string.Join(',', _nodes.Select(static node => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{node.Port}")));

    /// <summary>The database URL of the servers: all hosts, of which they want the one that accepts writes.</summary>
    public string Url =>
        $"postgresql://{Database}:{_passwords.Vault}@{Hosts}/{Database}?target_session_attrs=read-write";

    /// <summary>The connection string of the superuser on the primary.</summary>
    public string AdminConnectionString => Admin(Database);

    /// <summary>Starts a cluster with an empty database that belongs to the vault's own user.</summary>
    public static async Task<PatroniCluster> StartAsync(ScratchFolder folder, LogFolder logs, CancellationToken cancellationToken)
    {
        var cluster = new PatroniCluster();
        try
        {
            cluster._etcd = await Etcd.StartAsync(folder.Make("etcd"), logs.Open("etcd"), cancellationToken);
            for (var i = 1; i <= Nodes; i++)
            {
                var name = $"node{i}";
                cluster._nodes.Add(
                    new PatroniNode(
                        name,
                        cluster._etcd.Address.Port,
                        cluster._passwords,
                        await folder.MakeForPostgresAsync(name, cancellationToken),
                        logs.Open(name)
                    )
                );
            }

            // The first node creates the cluster, and the others copy it.
            await Task.WhenAll(cluster._nodes.Select(node => node.StartAsync(cancellationToken)));
            await cluster.WaitUntilWholeAsync(cancellationToken);
            await BenchPostgres.ExecuteAsync(cluster.Admin("postgres"), $"create user {Database} password '{cluster._passwords.Vault}'");
            await BenchPostgres.ExecuteAsync(cluster.Admin("postgres"), $"create database {Database} owner {Database}");
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns the primary, or <see langword="null"/> while there is none.</summary>
    public async Task<PatroniNode?> FindPrimaryAsync(CancellationToken cancellationToken)
    {
        foreach (var node in _nodes)
        {
            if (await node.IsPrimaryAsync(cancellationToken))
            {
                return node;
            }
        }

        return null;
    }

    /// <summary>Waits until all other nodes stream from the primary, one of them synchronously, and returns the primary.</summary>
    /// <exception cref="TimeoutException">The cluster is not complete in time.</exception>
    public Task<PatroniNode> WaitUntilWholeAsync(CancellationToken cancellationToken) =>
        WaitAsync(
            async () =>
                await FindPrimaryAsync(cancellationToken) is { } primary
                && await primary.StandbysAsync(cancellationToken) is { Streaming: Nodes - 1, Synchronous: >= 1 }
                    ? primary
                    : null,
            "a primary with all of its standbys",
            cancellationToken
        );

    /// <summary>Waits until another node than <paramref name="former"/> is the primary, and returns it.</summary>
    /// <exception cref="TimeoutException">No other node became the primary in time.</exception>
    public Task<PatroniNode> WaitForOtherPrimaryAsync(PatroniNode former, CancellationToken cancellationToken) =>
        WaitAsync(
            async () => await FindPrimaryAsync(cancellationToken) is { } primary && primary != former ? primary : null,
            "another primary",
            cancellationToken
        );

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // All nodes are stopped at once, so that none takes over from another.
        await Task.WhenAll(_nodes.Select(static async node => await node.DisposeAsync()));
        if (_etcd is not null)
        {
            await _etcd.DisposeAsync();
        }
    }

    private static async Task<PatroniNode> WaitAsync(Func<Task<PatroniNode?>> find, string what, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            while (true)
            {
                if (await find() is { } found)
                {
                    return found;
                }

                await Task.Delay(Pause, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Waited {Limit.TotalSeconds} s in vain for {what}.");
        }
    }

    private string Admin(string database) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = Hosts,
            TargetSessionAttributes = "read-write",
            HostRecheckSeconds = 0,
            Username = "postgres",
            Password = _passwords.Superuser,
            Database = database,
            Pooling = false,
            Timeout = 5,
        }.ConnectionString;
}
