using System.Numerics;

namespace Axvault.Api.Confirmation;

/// <summary>
/// Tells, roughly, what has been asked for before: what is asked for once is not worth the place of what is asked for again and again. The doorkeeper of TinyLFU (Einziger, Friedman,
/// Manes, ACM Transactions on Storage 13(4), 2017), which forgets by being overwritten. Thread-safe.
/// </summary>
internal sealed class Doorkeeper
{
    // Names that share a place must not put each other out by turns.
    private const int Ways = 4;

    private readonly int[] _seen;
    private readonly int _mask;
    private uint _turn;

    /// <summary>Makes one that has seen nothing.</summary>
    /// <param name="size">How many names it can tell, at most; rounded up to a power of two.</param>
    public Doorkeeper(int size)
    {
        _seen = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(size, Ways))];
        _mask = (_seen.Length / Ways) - 1;
    }

    /// <summary>Whether <paramref name="name"/> was asked for lately; from now on it was.</summary>
    public bool HasSeen(string name)
    {
        var hash = string.GetHashCode(name);
        var places = _seen.AsSpan((hash & _mask) * Ways, Ways);
        if (places.Contains(hash))
        {
            return true;
        }

        places[(int)(Interlocked.Increment(ref _turn) % Ways)] = hash;
        return false;
    }
}
