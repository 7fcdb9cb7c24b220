using System.Collections.Concurrent;
using Axvault.Api.Chain;

namespace Axvault.Api.Audit;

/// <summary>The lanes that this server lends to changes, one to each. A lane is opened when none is idle, up to a number. Thread-safe.</summary>
/// <remarks>
/// A change takes its lane before its connection. A change that held a connection and waited for a lane would wait forever in a pool where all do.
/// </remarks>
internal sealed class LanePool(Checkpoints checkpoints) : IDisposable
{
    /// <summary>The greatest number of lanes, and of changes that are under way at once.</summary>
    /// <remarks>
    /// Commits share an fsync only when they are under way at once, so fewer lanes would cost throughput. Each lane costs a row, and one in each checkpoint.
    /// </remarks>
    public const int MaxLanes = 16;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly ConcurrentQueue<LaneHead> _idle = new();
    private readonly SemaphoreSlim _free = new(MaxLanes);

    /// <summary>Takes an idle lane, or opens one. Waits when all are lent. Each lane must be given back.</summary>
    /// <exception cref="Npgsql.NpgsqlException">The database does not answer, or refuses to open a lane.</exception>
    /// <exception cref="TimeoutException">No lane was given back in time.</exception>
    public async Task<LaneHead> RentAsync(CancellationToken cancellationToken)
    {
        if (!await _free.WaitAsync(Limit, cancellationToken))
        {
            throw new TimeoutException("Too many changes are under way, and none has ended in time.");
        }

        if (_idle.TryDequeue(out var lane))
        {
            return lane;
        }

        try
        {
            return await checkpoints.OpenLaneAsync(cancellationToken);
        }
        catch
        {
            _free.Release();
            throw;
        }
    }

    /// <summary>Gives a lane back.</summary>
    /// <param name="head">The lane; <see langword="null"/> when it is closed, or its head is unknown.</param>
    public void Return(LaneHead? head)
    {
        if (head is not null)
        {
            _idle.Enqueue(head);
        }

        _free.Release();
    }

    /// <summary>Forgets the idle lanes, because one of them was closed by another server, which closes all lanes of a server at once.</summary>
    public void Forget() => _idle.Clear();

    /// <inheritdoc />
    public void Dispose() => _free.Dispose();
}
