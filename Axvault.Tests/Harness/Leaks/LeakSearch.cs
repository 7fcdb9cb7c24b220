using System.Runtime.InteropServices;
using System.Text;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Harness.Leaks;

/// <summary>
/// Searches emissions for many secrets at once, each in every disguise. Each form is indexed by its last eight bytes. A bit table rules out
/// nearly every position at once; the remaining candidates are compared in full. The automaton that SearchValues builds would need a node
/// for each of the millions of bytes of all forms.
/// </summary>
internal sealed class LeakSearch
{
    private const int WindowBytes = sizeof(ulong);
    private const int TableBits = 22;
    private const int ContextBytes = 60;

    private readonly KeyValuePair<string, SecretKind>[] _secrets;
    private readonly ulong[] _table = new ulong[1 << (TableBits - 6)];
    private readonly Dictionary<ulong, List<(int Secret, int Disguise)>> _ends = [];
    private readonly Dictionary<(int Secret, int Disguise, EmissionChannel Channel, string Source), Leak> _leaks = [];
    private readonly HashSet<string> _shown = [];

    private LeakSearch(IReadOnlyCollection<KeyValuePair<string, SecretKind>> used)
    {
        _secrets = [.. used];
        for (var secret = 0; secret < _secrets.Length; secret++)
        {
            foreach (var (disguise, form) in Disguise.Of(Encoding.UTF8.GetBytes(_secrets[secret].Key)).Index())
            {
                if (form.Length >= WindowBytes)
                {
                    var end = MemoryMarshal.Read<ulong>(form.AsSpan(^WindowBytes..));
                    _table[Slot(end) >> 6] |= 1UL << (Slot(end) & 63);
                    (CollectionsMarshal.GetValueRefOrAddDefault(_ends, end, out _) ??= []).Add((secret, disguise));
                }
            }
        }
    }

    /// <summary>Returns the <paramref name="used"/> secrets found in <paramref name="emissions"/>, once per secret, form, channel and source.</summary>
    public static IReadOnlyCollection<Leak> Find(UsedSecrets used, Emissions emissions)
    {
        var search = new LeakSearch(used.All);
        foreach (var emission in emissions.Read())
        {
            search.Search(emission);
        }

        return search._leaks.Values;
    }

    private static int Slot(ulong window) => (int)((window * 0x9E37_79B9_7F4A_7C15) >> (64 - TableBits));

    private void Search(Emission emission)
    {
        var bytes = emission.Bytes.Span;
        for (var end = WindowBytes; end <= bytes.Length; end++)
        {
            var window = MemoryMarshal.Read<ulong>(bytes[(end - WindowBytes)..]);
            var slot = Slot(window);
            if ((_table[slot >> 6] & (1UL << (slot & 63))) != 0 && _ends.TryGetValue(window, out var candidates))
            {
                Compare(emission, end, candidates);
            }
        }
    }

    private void Compare(Emission emission, int end, List<(int Secret, int Disguise)> candidates)
    {
        var upToEnd = emission.Bytes.Span[..end];
        foreach (var (number, disguise) in candidates)
        {
            var (secret, kind) = _secrets[number];
            // Computed again: keeping every form of every secret takes too much memory.
            var form = Disguise.Of(Encoding.UTF8.GetBytes(secret)).ElementAt(disguise);
            if (upToEnd.EndsWith(form) && !IsFirstShow(emission, secret, kind))
            {
                var before = upToEnd[Math.Max(0, end - form.Length - ContextBytes)..(end - form.Length)];
                _leaks.TryAdd(
                    (number, disguise, emission.Channel, emission.Source),
                    new Leak(kind, disguise, emission.Channel, emission.Source, Printable(before))
                );
            }
        }
    }

    // A first key or a reset key may be shown once, on a line of its own. A key that a client created over HTTP may not.
    private bool IsFirstShow(Emission emission, string secret, SecretKind kind) =>
        emission.Channel == EmissionChannel.Errors
        && kind.HasFlag(SecretKind.ShownKey)
        && !kind.HasFlag(SecretKind.CreatedKey)
        && Encoding.UTF8.GetString(emission.Bytes.Span).Trim() == secret
        && _shown.Add(secret);

    private static string Printable(ReadOnlySpan<byte> bytes) =>
        string.Concat(Encoding.Latin1.GetString(bytes).Select(static character => char.IsControl(character) ? '·' : character));
}
