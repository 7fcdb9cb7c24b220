using System.Globalization;
using System.Security.Cryptography;
using Axvault.Api.Audit.Chain;
using Axvault.Api.Audit.Reading;

namespace Axvault.Api.Audit.Verification;

/// <summary>Goes through the chain from its first entry to its last, in constant memory, and names the first that is wrong.</summary>
internal sealed class AuditVerifier(AuditReadStore store, AuditVault vault)
{
    /// <summary>Verifies the chain.</summary>
    /// <param name="anchors">Heads that were written down outside of the database: each must be in the chain, or before its beginning.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<AuditReport> VerifyAsync(IReadOnlyCollection<AuditAnchor> anchors, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(anchors);

        if (anchors.FirstOrDefault(anchor => !anchor.IsAuthentic(vault.Keys)) is { } foreign)
        {
            return Broken(null, 0, AuditFault.ForeignAnchor, foreign.Head.Sequence, "The anchor was not sealed by a server of this vault, or is under a key that is not configured.");
        }

        // Read before the entries: what is appended meanwhile comes after it.
        var head = await store.FindHeadAsync(cancellationToken);
        var start = new ChainHead(0, DateTimeOffset.MinValue, vault.Genesis);
        if (await store.ReadCutAsync(cancellationToken) is var (last, cutKey, seal))
        {
            if (!vault.Keys.TryFind(cutKey, out var key) || !CryptographicOperations.FixedTimeEquals(AuditChain.SealCut(last, key), seal))
            {
                return Broken(null, 0, AuditFault.Removed, last.Sequence, "The record of where the chain was cut by the retention is not one of this vault's servers.");
            }

            start = last;
        }

        return await FollowAsync(start, head, new Queue<ChainHead>(anchors.Select(static anchor => anchor.Head).OrderBy(static anchor => anchor.Sequence)), cancellationToken);
    }

    private async Task<AuditReport> FollowAsync(ChainHead start, ChainHead? head, Queue<ChainHead> anchors, CancellationToken cancellationToken)
    {
        var (last, count) = (start, 0L);
        long? first = null;
        await using var entries = store.ReadAllAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await entries.MoveNextAsync())
        {
            var entry = entries.Current;
            if (await FindFaultAsync(last, entry, entries, cancellationToken) is var (fault, sequence, detail))
            {
                return Broken(first, count, fault, sequence, detail, last.Sequence);
            }

            first ??= entry.Sequence;
            last = entry.ToHead();
            count++;
            while (anchors.TryPeek(out var anchor) && anchor.Sequence <= last.Sequence)
            {
                if (anchor.Sequence > start.Sequence && (anchor.Sequence != last.Sequence || !anchor.Is(last)))
                {
                    return Broken(first, count, AuditFault.Changed, anchor.Sequence, "The entry is not the one that the anchor tells of: the chain was written anew from there or before.", last.Sequence);
                }

                anchors.Dequeue();
            }
        }

        var newest = anchors.LastOrDefault(anchor => anchor.Sequence > start.Sequence);
        if (newest is not null)
        {
            return Broken(first, count, AuditFault.Removed, last.Sequence + 1, string.Create(CultureInfo.InvariantCulture, $"The newest entries are missing: there was a {newest.Sequence}."), last.Sequence);
        }

        if (head is null)
        {
            return Broken(first, count, AuditFault.Removed, last.Sequence + 1, "The head of the chain is missing, and perhaps newest entries with it.", last.Sequence);
        }

        return head.Sequence > last.Sequence
            ? Broken(first, count, AuditFault.Removed, last.Sequence + 1, string.Create(CultureInfo.InvariantCulture, $"The newest entries are missing: the head is {head.Sequence}."), last.Sequence)
            : new AuditReport { Valid = true, Entries = count, FirstSequence = first, LastSequence = last.Sequence, Head = AuditAnchor.Of(last, vault.Keys).ToString() };
    }

    private async Task<(string Fault, long Sequence, string Detail)?> FindFaultAsync(
        ChainHead last, ChainedEntry entry, IAsyncEnumerator<ChainedEntry> following, CancellationToken cancellationToken)
    {
        var expected = last.Sequence + 1;
        if (entry.Sequence > expected)
        {
            // An entry whose time was changed stands elsewhere, and is not missing.
            return await store.ExistsAsync(expected, cancellationToken)
                ? (AuditFault.Changed, expected, "The entry is not in its place: its time was changed.")
                : (AuditFault.Removed, expected, "The entry is missing.");
        }

        if (entry.Sequence < expected)
        {
            return (AuditFault.Inserted, entry.Sequence, "There are two entries of this number, or one in a place that is not its own.");
        }

        if (!vault.Keys.TryFind(entry.ChainKey, out var key))
        {
            return (AuditFault.UnknownKey, entry.Sequence, $"The entry is under the key {entry.ChainKey}, which is not configured and was never kept.");
        }

        if (AuditChain.Follows(entry, last.Mac, key))
        {
            return null;
        }

        // What follows tells the two apart: it is bound to the hash of an entry that was changed, and does not know one that was put in.
        var isKnown = !await following.MoveNextAsync()
            || !vault.Keys.TryFind(following.Current.ChainKey, out var nextKey)
            || AuditChain.Follows(following.Current, entry.Mac, nextKey);
        return isKnown || !IsShifted(following.Current, last)
            ? (AuditFault.Changed, entry.Sequence, "The entry is not as it was written.")
            : (AuditFault.Inserted, entry.Sequence, "The entry was written by no server of this vault.");
    }

    // The entry after one that was put in, with the number that it had before, follows the entry in front of it.
    private bool IsShifted(ChainedEntry next, ChainHead last) =>
        vault.Keys.TryFind(next.ChainKey, out var key)
        && (AuditChain.Follows(next with { Sequence = last.Sequence + 1 }, last.Mac, key) || AuditChain.Follows(next, last.Mac, key));

    private static AuditReport Broken(long? first, long count, string fault, long sequence, string detail, long? last = null) => new()
    {
        Valid = false,
        Entries = count,
        FirstSequence = first,
        LastSequence = count > 0 ? last : null,
        Fault = fault,
        Sequence = sequence,
        Detail = detail,
    };
}
