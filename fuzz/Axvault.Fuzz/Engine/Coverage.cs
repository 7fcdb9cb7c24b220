using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace Axvault.Fuzz.Engine;

/// <summary>
/// The branches of the instrumented code that a run reached. Each pair of consecutive branches has a byte that counts how often it was taken (the map
/// of AFL). Not thread-safe.
/// </summary>
internal static unsafe class Coverage
{
    private const int Size = 1 << 16;

    private static readonly byte* Map = (byte*)NativeMemory.AllocZeroed(Size);

    // The buckets begin at 1, 2, 3, 4, 8, 16, 32 and 128. One more turn of a long loop is nothing new, but twice as many are.
    private static readonly byte[] Buckets =
    [
        .. Enumerable
            .Range(0, 256)
            .Select(static count =>
                (byte)(
                    count switch
                    {
                        0 => 0,
                        1 => 1,
                        2 => 2,
                        3 => 4,
                        < 8 => 8,
                        < 16 => 16,
                        < 32 => 32,
                        < 128 => 64,
                        _ => 128,
                    }
                )
            ),
    ];

    /// <summary>Connects the instrumented code to the map.</summary>
    public static void Start() => Trace.SharedMem = Map;

    /// <summary>Clears the map before a run.</summary>
    public static void Clear()
    {
        Trace.PrevLocation = 0;
        new Span<byte>(Map, Size).Clear();
    }

    /// <summary>Adds the branches of the run to <paramref name="seen"/>. Returns <see langword="true"/> when any of them is new.</summary>
    /// <param name="seen">The branches seen before, in a map of the same size.</param>
    /// <param name="counts"><see langword="true"/> to also distinguish how often a branch was taken.</param>
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

    /// <summary>Returns an empty map.</summary>
    public static byte[] None() => new byte[Size];
}
