using System.Runtime.CompilerServices;

namespace Axvault.Tests.Audit;

/// <summary>Counts how many objects of a stream its reader still refers to.</summary>
/// <remarks>Each object is counted by a weak reference of its own, so tests that run at the same time change nothing.</remarks>
internal sealed class LiveParts
{
    private const int Interval = 100;

    private readonly List<WeakReference> _parts = [];
    private int _passed;

    /// <summary>The number of objects that have passed.</summary>
    public int Passed { get; private set; }

    /// <summary>The greatest number of objects that were alive at once.</summary>
    public int Most { get; private set; }

    /// <summary>Passes the values of a stream on, and counts their parts now and then.</summary>
    public async IAsyncEnumerable<T> WatchAsync<T>(IAsyncEnumerable<T> values, Func<T, IEnumerable<object?>> parts)
    {
        await foreach (var value in values)
        {
            Add(parts(value));
            yield return value;
        }

        Count();
    }

    // Not inlined: a caller's stack would keep the parts alive.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Add(IEnumerable<object?> parts)
    {
        foreach (var part in parts)
        {
            if (part is not null)
            {
                _parts.Add(new WeakReference(part));
                Passed++;
            }
        }

        if (++_passed % Interval == 0)
        {
            Count();
        }
    }

    private void Count()
    {
        GC.Collect();
        _parts.RemoveAll(static part => !part.IsAlive);
        Most = Math.Max(Most, _parts.Count);
    }
}
