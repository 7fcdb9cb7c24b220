using System.Threading.RateLimiting;
using Axvault.Api.Authorization;

namespace Axvault.Api.RateLimits;

/// <summary>
/// The memory for bodies and answers in flight: a quarter of what the process may use, and half of that for one key. A key also has a greatest number of
/// requests in flight. Each server counts for itself.
/// </summary>
internal sealed class MemoryBudget : IDisposable
{
    /// <summary>The greatest number of requests of one key that are in flight.</summary>
    public const int MaxRequests = 512;

    /// <summary>The share of the process in its memory, as a divisor.</summary>
    public const int ServerShare = 4;

    private const int KeyShare = 2;
    private const int UnitBytes = 1024;

    // One body and one answer of the greatest size fit into any budget.
    private const long MinKeyBytes = 16 * 1024 * 1024;

    private readonly ConcurrencyLimiter _server;
    private readonly PartitionedRateLimiter<KeyId> _keys;
    private readonly PartitionedRateLimiter<KeyId> _requests;
    private readonly MeterTable<KeyId, RequestMeter> _refusedKeys;
    private readonly RequestMeter _refusedServer = new();
    private readonly RateLimitTelemetry _telemetry;
    private readonly TimeProvider _time;

    /// <summary>Creates an unused budget.</summary>
    public MemoryBudget(RateLimitTelemetry telemetry, TimeProvider time)
    {
        // The limit of the heap, or that of the container, or the memory of the machine.
        var keyBytes = Math.Max(MinKeyBytes, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / ServerShare / KeyShare);
        (_telemetry, _time) = (telemetry, time);
        _refusedKeys = new MeterTable<KeyId, RequestMeter>(Limits.Capacity, time.TimestampFrequency);
        _server = new ConcurrencyLimiter(OptionsOf(UnitsOf(keyBytes * KeyShare)));
        _keys = Partition(UnitsOf(keyBytes));
        _requests = Partition(MaxRequests);
    }

    /// <summary>Counts a request in flight. The lease says whether it is allowed, and ends it.</summary>
    public RateLimitLease Enter(KeyId key) => _requests.AttemptAcquire(key);

    /// <summary>Takes <paramref name="bytes"/> of the key and of the server.</summary>
    /// <param name="key">The key of the request.</param>
    /// <param name="bytes">The number of bytes.</param>
    /// <param name="leases">Receives what returns them.</param>
    /// <returns>The limit that refuses them, or <see langword="null"/>.</returns>
    public LimitKind? TryTake(KeyId key, long bytes, ICollection<RateLimitLease> leases)
    {
        var units = UnitsOf(bytes);
        if (Attempt(() => _keys.AttemptAcquire(key, units)) is not { } ofKey)
        {
            return LimitKind.KeyMemory;
        }

        if (Attempt(() => _server.AttemptAcquire(units)) is not { } ofServer)
        {
            ofKey.Dispose();
            return LimitKind.ServerMemory;
        }

        leases.Add(ofKey);
        leases.Add(ofServer);
        return null;
    }

    /// <summary>Returns the refusal of a request by <paramref name="kind"/>.</summary>
    public Refusal Refuse(LimitKind kind, KeyId key) =>
        new(kind == LimitKind.ServerMemory ? _refusedServer : _refusedKeys.Get(key, _time.GetTimestamp()), TimeSpan.FromSeconds(1));

    /// <summary>Counts a refusal of a request that is already being served.</summary>
    public void Rejected(LimitKind kind) => _telemetry.Rejected(kind);

    /// <inheritdoc />
    public void Dispose()
    {
        _server.Dispose();
        _keys.Dispose();
        _requests.Dispose();
    }

    // A request for more than the whole budget is an exception of the limiter.
    private static RateLimitLease? Attempt(Func<RateLimitLease> acquire)
    {
        RateLimitLease lease;
        try
        {
            lease = acquire();
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }

        return lease.IsAcquired ? lease : null;
    }

    private static PartitionedRateLimiter<KeyId> Partition(int permits) =>
        PartitionedRateLimiter.Create<KeyId, KeyId>(key => RateLimitPartition.GetConcurrencyLimiter(key, _ => OptionsOf(permits)));

    private static ConcurrencyLimiterOptions OptionsOf(int permits) => new() { PermitLimit = permits, QueueLimit = 0 };

    private static int UnitsOf(long bytes) => (int)Math.Min(int.MaxValue, (bytes + UnitBytes - 1) / UnitBytes);
}
