namespace Axvault.Api.Broker.Usage;

/// <summary>
/// The use that the database does not have yet, in memory: of the calls since the last write, and of the batch under way. A killed server loses a second of it,
/// and the audit log keeps the entries. Thread-safe.
/// </summary>
internal sealed class UsageCounter
{
    private readonly Lock _lock = new();
    private Dictionary<UsageKey, UsageSum> _sums = [];
    private UsageBatch? _batch;
    private long _number;

    /// <summary>The number of batches that the database has for certain.</summary>
    public long WrittenBatches { get; private set; }

    /// <summary>Adds a call.</summary>
    public void Add(CallPlan plan, TokenUsage? usage)
    {
        var key = new UsageKey(plan.Caller.KeyId.Value, plan.Caller.Rule, plan.Name.Value, plan.Upstream.Name, usage?.Model ?? "");
        var sum = new UsageSum(plan.Caller.KeyName, 1, usage?.Input ?? 0, usage?.Output ?? 0, usage?.CacheRead ?? 0, usage?.CacheWrite ?? 0);
        lock (_lock)
        {
            Add(key, sum);
        }
    }

    /// <summary>Returns the tokens of the account of <paramref name="caller"/> that are in memory alone.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="stored">The number of the last batch that the database has.</param>
    public long PendingTokens(Authorization.Caller caller, long stored)
    {
        lock (_lock)
        {
            return _sums
                .Concat(_batch is { } batch && batch.Number > stored ? batch.Sums : [])
                .Where(sum => caller.Rule is null ? sum.Key.KeyId == caller.KeyId.Value : sum.Key.Rule == caller.Rule)
                .Sum(static sum => sum.Value.Tokens);
        }
    }

    /// <summary>Begins a write. One write is under way at a time.</summary>
    /// <returns>The batch of a write that did not end, as it was. Otherwise all sums, or <see langword="null"/> for none.</returns>
    public UsageBatch? BeginWrite()
    {
        lock (_lock)
        {
            if (_batch is null && _sums.Count > 0)
            {
                (_batch, _sums) = (new UsageBatch(++_number, _sums), []);
            }

            return _batch;
        }
    }

    /// <summary>Ends the write under way: the database has its batch. A write that fails does not end, because the database may have it or not.</summary>
    public void EndWrite()
    {
        lock (_lock)
        {
            _batch = null;
            WrittenBatches++;
        }
    }

    private void Add(UsageKey key, UsageSum sum) => _sums[key] = _sums.TryGetValue(key, out var present) ? present.Plus(sum) : sum;
}

/// <summary>Sums that are written together, once.</summary>
/// <param name="Number">The number of the batch among those of this server, from 1 on.</param>
/// <param name="Sums">The sums, which do not change any more.</param>
internal sealed record UsageBatch(long Number, IReadOnlyCollection<KeyValuePair<UsageKey, UsageSum>> Sums);

/// <summary>The calls that are counted together.</summary>
internal sealed record UsageKey(string KeyId, string? Rule, string Credential, string Upstream, string Model);

/// <summary>The use of some calls.</summary>
internal sealed record UsageSum(string KeyName, long Calls, long Input, long Output, long CacheRead, long CacheWrite)
{
    /// <summary>All tokens.</summary>
    public long Tokens => Input + Output + CacheRead + CacheWrite;

    /// <summary>Returns the sum of both, with the newer name of the key.</summary>
    public UsageSum Plus(UsageSum other) =>
        new(
            other.KeyName,
            Calls + other.Calls,
            Input + other.Input,
            Output + other.Output,
            CacheRead + other.CacheRead,
            CacheWrite + other.CacheWrite
        );
}
