using System.Collections.Concurrent;
using System.Diagnostics;

namespace Axvault.Exercise.Load;

/// <summary>The answers of the load, with their times.</summary>
internal sealed class AnswerLog
{
    private readonly ConcurrentQueue<(AnswerKind Kind, long At, string TraceId)> _successes = [];
    private readonly ConcurrentDictionary<string, int> _failures = [];
    private int _refreshed;
    private int _notRefreshed;

    /// <summary>The number of requests that succeeded.</summary>
    public int Successes => _successes.Count;

    /// <summary>The number of failed requests, by the kind of failure.</summary>
    public IReadOnlyDictionary<string, int> Failures => _failures;

    /// <summary>The number of reads with new tokens.</summary>
    public int Refreshed => _refreshed;

    /// <summary>The number of reads with old tokens although a refresh was due.</summary>
    public int NotRefreshed => _notRefreshed;

    /// <summary>The trace ids of all requests that succeeded.</summary>
    public IEnumerable<string> TraceIds => _successes.Select(static success => success.TraceId);

    /// <summary>Records a request that succeeded.</summary>
    public void Succeed(AnswerKind kind, string traceId) => _successes.Enqueue((kind, Stopwatch.GetTimestamp(), traceId));

    /// <summary>Records a request that failed.</summary>
    public void Fail(AnswerKind kind, string failure) => _failures.AddOrUpdate($"{kind}: {failure}", 1, static (_, count) => count + 1);

    /// <summary>Records a read with new tokens, or with old ones although a refresh was due.</summary>
    public void Refresh(bool succeeded) => Interlocked.Increment(ref succeeded ? ref _refreshed : ref _notRefreshed);

    /// <summary>Returns the number of successes of a kind.</summary>
    public int Count(AnswerKind kind) => _successes.Count(success => success.Kind == kind);

    /// <summary>Returns the time from <paramref name="from"/> to the next success of any kind.</summary>
    public TimeSpan NextSuccess(long from) => Stopwatch.GetElapsedTime(from, _successes.Select(static success => success.At).Where(at => at > from).Min());

    /// <summary>
    /// Returns the longest time between two consecutive successes of a kind. Only gaps that ended after <paramref name="from"/> and began before
    /// <paramref name="to"/> count.
    /// </summary>
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
