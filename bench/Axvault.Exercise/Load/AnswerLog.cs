using System.Collections.Concurrent;
using System.Diagnostics;

namespace Axvault.Exercise.Load;

/// <summary>What was answered, and when.</summary>
internal sealed class AnswerLog
{
    private readonly ConcurrentQueue<(AnswerKind Kind, long At, string TraceId)> _successes = [];
    private readonly ConcurrentDictionary<string, int> _failures = [];
    private int _refreshed;
    private int _notRefreshed;

    /// <summary>How many requests succeeded.</summary>
    public int Successes => _successes.Count;

    /// <summary>How many did not, by what came of them.</summary>
    public IReadOnlyDictionary<string, int> Failures => _failures;

    /// <summary>How many reads came with new tokens.</summary>
    public int Refreshed => _refreshed;

    /// <summary>How many reads came with the old tokens although a refresh was due.</summary>
    public int NotRefreshed => _notRefreshed;

    /// <summary>The traces of all that succeeded.</summary>
    public IEnumerable<string> TraceIds => _successes.Select(static success => success.TraceId);

    /// <summary>A request succeeded.</summary>
    public void Succeed(AnswerKind kind, string traceId) => _successes.Enqueue((kind, Stopwatch.GetTimestamp(), traceId));

    /// <summary>A request failed.</summary>
    public void Fail(AnswerKind kind, string what) => _failures.AddOrUpdate($"{kind}: {what}", 1, static (_, count) => count + 1);

    /// <summary>A read came with new tokens, or without although they were due.</summary>
    public void Refresh(bool succeeded) => Interlocked.Increment(ref succeeded ? ref _refreshed : ref _notRefreshed);

    /// <summary>How many of a kind succeeded.</summary>
    public int Count(AnswerKind kind) => _successes.Count(success => success.Kind == kind);

    /// <summary>The longest time from one success of a kind to the next, of those that had not ended by <paramref name="from"/> and began before <paramref name="to"/>.</summary>
    public TimeSpan LongestGap(AnswerKind kind, long from, long to)
    {
        var longest = TimeSpan.Zero;
        long? before = null;
        foreach (var at in _successes.Where(success => success.Kind == kind).Select(static success => success.At).Order())
        {
            if (before is { } last && at > from && last < to && Stopwatch.GetElapsedTime(last, at) is var gap && gap > longest)
            {
                longest = gap;
            }

            before = at;
        }

        return longest;
    }
}
