using Axvault.Exercise.Fleet;
using Axvault.Exercise.Load;

namespace Axvault.Exercise.Cases;

/// <summary>Three replicas behind a balancer, the provider of their logins, and the load on them.</summary>
internal sealed class ReplicaFleet : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _parts = [];

    private ReplicaFleet(OAuthProvider provider, ReplicaSettings settings) => (Provider, Settings) = (provider, settings);

    /// <summary>The provider.</summary>
    public OAuthProvider Provider { get; }

    /// <summary>The counts of the provider before the fleet started.</summary>
    public (int Granted, int Refused, int Repeated) UsesBefore { get; private set; }

    /// <summary>The common settings of the replicas.</summary>
    public ReplicaSettings Settings { get; }

    /// <summary>The replicas.</summary>
    public IReadOnlyList<Replica> Replicas { get; private set; } = [];

    /// <summary>The balancer.</summary>
    public Balancer Balancer { get; private set; } = null!;

    /// <summary>The running load.</summary>
    public SteadyLoad Load { get; private set; } = null!;

    /// <summary>Starts the replicas, the balancer and the load.</summary>
    /// <param name="server">The program of the replicas.</param>
    /// <param name="databaseUrl">The URL of their database, which must be empty.</param>
    /// <param name="provider">The provider, which outlives the fleet.</param>
    /// <param name="folder">The folder for files.</param>
    /// <param name="logs">The folder for logs.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    public static async Task<ReplicaFleet> StartAsync(
        string server,
        string databaseUrl,
        OAuthProvider provider,
        ScratchFolder folder,
        LogFolder logs,
        CancellationToken cancellationToken
    )
    {
        var fleet = new ReplicaFleet(provider, new ReplicaSettings(databaseUrl, provider.Address));
        try
        {
            fleet.UsesBefore = await provider.UsesAsync(cancellationToken);
            fleet.Replicas = [.. Enumerable.Range(1, 3).Select(i => new Replica($"replica{i}", fleet.Settings, folder, logs))];
            foreach (var replica in fleet.Replicas)
            {
                fleet._parts.Push(replica);
                await replica.StartAsync(server, cancellationToken);
            }

            fleet.Balancer = await Balancer.StartAsync(fleet.Replicas, folder.Path, logs.Open("haproxy"), cancellationToken);
            fleet._parts.Push(fleet.Balancer);
            await fleet.Balancer.WaitUntilWholeAsync(cancellationToken);
            fleet.Load = new SteadyLoad(fleet.Balancer.Address, await fleet.Replicas[0].BootstrapSecret, provider);
            fleet._parts.Push(fleet.Load);
            await fleet.Load.StartAsync(cancellationToken);
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        while (_parts.TryPop(out var part))
        {
            await part.DisposeAsync();
        }
    }
}
