using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace Axvault.Fuzz.Engine;

/// <summary>
/// What of the instrumented code was reached: a byte for each pair of branches that followed one another, counting how often (the map of AFL). One thread's own.
/// </summary>
internal static unsafe class Coverage
{
    private const int Size = 1 << 16;

    private static readonly byte* Map = (byte*)NativeMemory.AllocZeroed(Size);

    // 1, 2, 3, 4–7, 8–15, 16–31, 32–127, 128–: a loop that goes round once more is nothing new, one that goes round twice as often is.
    private static readonly byte[] Buckets = [.. Enumerable.Range(0, 256).Select(static count => (byte)(count switch
    {
        0 => 0, 1 => 1, 2 => 2, 3 => 4, < 8 => 8, < 16 => 16, < 32 => 32, < 128 => 64, _ => 128,
    }))];

    /// <summary>Gives the instrumented code its map.</summary>
    public static void Start() => Trace.SharedMem = Map;

    /// <summary>Forgets what was reached.</summary>
    public static void Clear()
    {
        Trace.PrevLocation = 0;
        new Span<byte>(Map, Size).Clear();
    }

    /// <summary>Adds what was reached to <paramref name="seen"/>, and says whether any of it is new.</summary>
    /// <param name="seen">What was seen before, a map of the same size.</param>
    /// <param name="counts">Whether how often counts, too.</param>
    public static bool AddTo(byte[] seen, bool counts)
    {
        var isNew = false;
        var words = new ReadOnlySpan<ulong>(Map, Size / sizeof(ulong));
        for (var word = 0; word < words.Length; word++)
        {
            if (words[word] == 0)
            {
                continue;
            }

            for (var at = word * sizeof(ulong); at < (word + 1) * sizeof(ulong); at++)
            {
                var bits = counts ? Buckets[Map[at]] : (byte)(Map[at] == 0 ? 0 : 1);
                if ((bits & ~seen[at]) != 0)
                {
                    seen[at] |= bits;
                    isNew = true;
                }
            }
        }

        return isNew;
    }

    /// <summary>A map in which nothing was seen.</summary>
    public static byte[] None() => new byte[Size];
}
