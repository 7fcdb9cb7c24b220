using System.Collections.Concurrent;

namespace Axvault.Api.Broker.Usage;

/// <summary>The use since the last write to the database, in memory. A killed server loses a second of it, and the audit log keeps the entries.</summary>
internal sealed class UsageCounter
{
    private readonly ConcurrentDictionary<UsageKey, UsageSum> _sums = [];

    /// <summary>Adds a call.</summary>
    public void Add(CallPlan plan, TokenUsage? usage)
    {
        var key = new UsageKey(plan.Caller.KeyId.Value, plan.Caller.Rule, plan.Name.Value, plan.Upstream.Name, usage?.Model ?? "");
        Add(key, new UsageSum(plan.Caller.KeyName, 1, usage?.Input ?? 0, usage?.Output ?? 0, usage?.CacheRead ?? 0, usage?.CacheWrite ?? 0));
    }

    /// <summary>Adds <paramref name="sum"/>.</summary>
    public void Add(UsageKey key, UsageSum sum) => _sums.AddOrUpdate(key, sum, (_, present) => present.Plus(sum));

    /// <summary>Returns the tokens of the account of <paramref name="caller"/> that are not written yet.</summary>
    public long PendingTokens(Authorization.Caller caller) =>
        _sums
            .Where(sum => caller.Rule is null ? sum.Key.KeyId == caller.KeyId.Value : sum.Key.Rule == caller.Rule)
            .Sum(static sum => sum.Value.Tokens);

    /// <summary>Takes all sums.</summary>
    public IReadOnlyCollection<KeyValuePair<UsageKey, UsageSum>> TakeAll()
    {
        if (_sums.IsEmpty)
        {
            return [];
        }

        // One by one, so that a call that ends meanwhile is not lost with a replaced table.
        List<KeyValuePair<UsageKey, UsageSum>> taken = [];
        foreach (var key in _sums.Keys)
        {
            if (_sums.TryRemove(key, out var sum))
            {
                taken.Add(new(key, sum));
            }
        }

        return taken;
    }
}

/// <summary>The calls that are counted together.</summary>
internal sealed record UsageKey(string KeyId, string? Rule, string Credential, string Upstream, string Model);

/// <summary>The use of some calls.</summary>
internal sealed record UsageSum(string KeyName, long Calls, long Input, long Output, long CacheRead, long CacheWrite)
{
    /// <summary>All tokens.</summary>
    public long Tokens => Input + Output + CacheRead + CacheWrite;

    /// <summary>Returns the sum of both.</summary>
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
