namespace Axvault.Api.Broker.Usage;

/// <summary>
/// The use that the database does not have yet, in memory: of the calls since the last write, and of the write under way. A killed server loses a second of it,
/// and the audit log keeps the entries. Thread-safe.
/// </summary>
internal sealed class UsageCounter
{
    private readonly Lock _lock = new();
    private Dictionary<UsageKey, UsageSum> _sums = [];
    private Dictionary<UsageKey, UsageSum> _writing = [];
    private TaskCompletionSource? _write;

    /// <summary>The number of writes that have ended.</summary>
    public int EndedWrites { get; private set; }

    /// <summary>Ends when the write under way has ended; ended when there is none.</summary>
    public Task Writing
    {
        get
        {
            lock (_lock)
            {
                return _write?.Task ?? Task.CompletedTask;
            }
        }
    }

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

    /// <summary>Returns the tokens of the account of <paramref name="caller"/> that are not written yet, or being written.</summary>
    public long PendingTokens(Authorization.Caller caller)
    {
        lock (_lock)
        {
            return _sums
                .Concat(_writing)
                .Where(sum => caller.Rule is null ? sum.Key.KeyId == caller.KeyId.Value : sum.Key.Rule == caller.Rule)
                .Sum(static sum => sum.Value.Tokens);
        }
    }

    /// <summary>Begins a write of all sums. One write is under way at a time.</summary>
    /// <returns>The sums; none when there is nothing to write, and no write has begun.</returns>
    public IReadOnlyCollection<KeyValuePair<UsageKey, UsageSum>> BeginWrite()
    {
        lock (_lock)
        {
            if (_sums.Count > 0)
            {
                (_writing, _sums) = (_sums, []);
                _write = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return _writing;
        }
    }

    /// <summary>Ends the write under way.</summary>
    /// <param name="isWritten"><see langword="true"/> when the database has the sums; otherwise they are written the next time.</param>
    public void EndWrite(bool isWritten)
    {
        lock (_lock)
        {
            var sums = _writing;
            _writing = [];
            foreach (var (key, sum) in isWritten ? [] : sums)
            {
                Add(key, sum);
            }

            EndedWrites++;
            _write?.SetResult();
            _write = null;
        }
    }

    private void Add(UsageKey key, UsageSum sum) => _sums[key] = _sums.TryGetValue(key, out var present) ? present.Plus(sum) : sum;
}

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
