using Axvault.Api.Confirmation;
using Axvault.Api.Credentials;

namespace Axvault.Api.Audit;

/// <summary>Entries that go into one commit, in their order, and the puts among them. Not for several threads.</summary>
internal sealed class EntryGroup
{
    /// <summary>The greatest number of entries.</summary>
    public const int MaxEntries = 500;

    /// <summary>The greatest length of the envelopes that are put, in bytes, unless it is a single one: the others wait for their commit.</summary>
    public const int MaxBytes = 2 * 1024 * 1024;

    private readonly List<PendingEntry> _entries;
    private long _bytes;

    /// <summary>Makes a group.</summary>
    public EntryGroup(params IEnumerable<PendingEntry> entries)
    {
        _entries = [.. entries];
        Puts = [.. _entries.Where(static entry => entry.Put is not null)];
    }

    /// <summary>The entries.</summary>
    public IReadOnlyList<PendingEntry> Entries => _entries;

    /// <summary>Those that put a credential.</summary>
    public List<PendingEntry> Puts { get; }

    /// <summary>How many there are.</summary>
    public int Count => _entries.Count;

    /// <summary>The notes that are moved into the chain.</summary>
    public Guid[] Notes => [.. _entries.Select(static entry => entry.Note).OfType<Guid>()];

    /// <summary>What the requests that the entries tell of were decided by, from memory.</summary>
    public IEnumerable<Confirmations> Confirmations => _entries.Select(static entry => entry.Confirmations).OfType<Confirmations>();

    /// <summary>Whether there is room for <paramref name="entry"/>.</summary>
    public bool Fits(PendingEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);

        return Count < MaxEntries && (entry.Put is not { } put || Puts.Count == 0 || _bytes + put.Envelope.Length <= MaxBytes);
    }

    /// <summary>Takes in <paramref name="entry"/>; not a put that was decided without another one of its name in this group: it comes again when that one is there.</summary>
    public void Add(PendingEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);

        if (entry.Put is { } put)
        {
            if (Puts.Exists(other => !put.GoesWith(other.Put!)))
            {
                entry.Written.TrySetResult(PutOutcome.Busy);
                return;
            }

            _bytes += put.Envelope.Length;
            Puts.Add(entry);
        }

        _entries.Add(entry);
    }

    /// <summary>Empties it.</summary>
    public void Clear()
    {
        _entries.Clear();
        Puts.Clear();
        _bytes = 0;
    }

    /// <summary>Takes out the entries that <paramref name="match"/>.</summary>
    /// <returns>Those.</returns>
    public List<PendingEntry> TakeOut(Predicate<PendingEntry> match)
    {
        var taken = _entries.FindAll(match);
        if (taken.Count > 0)
        {
            _entries.RemoveAll(match);
            Puts.RemoveAll(match);
        }

        return taken;
    }

    /// <summary>Divides it, where one put may be what keeps it from being written: first all that puts nothing, then the puts by halves.</summary>
    public (EntryGroup First, EntryGroup Second) Split() => Puts.Count < Count
        ? (new EntryGroup(_entries.Where(static entry => entry.Put is null)), new EntryGroup(Puts))
        : (new EntryGroup(_entries.Take(Count / 2)), new EntryGroup(_entries.Skip(Count / 2)));
}
