using Axvault.Api.Chain;

namespace Axvault.Api.Audit;

/// <summary>Finds out whether an append was made whose answer was lost: the head of its lane tells.</summary>
internal sealed class LaneSettlement(LaneStore store, RollbackAlarm alarm)
{
    /// <summary>Waits for the end of the append, and returns what became of it.</summary>
    /// <param name="before">The head that the entries were linked to.</param>
    /// <param name="sent">The head after the append.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="Npgsql.NpgsqlException">The database does not answer: nothing is known.</exception>
    public async Task<SettledAppend> SettleAsync(LaneHead before, LaneHead sent, CancellationToken cancellationToken)
    {
        var found = await store.FindAsync(before.Lane, cancellationToken);
        if (found is var (head, isOpen) && (head.Is(sent) || head.Is(before)))
        {
            return new SettledAppend(head.Is(sent), isOpen ? head : null);
        }

        alarm.LaneIsOlder(before.Lane, before.Sequence, found?.Head.Sequence);
        return new SettledAppend(IsMade: false, null);
    }
}

/// <summary>The outcome of an append whose answer was lost.</summary>
/// <param name="IsMade"><see langword="true"/> when the entries are in the lane; otherwise <see langword="false"/>.</param>
/// <param name="Lane">The head of the lane; <see langword="null"/> when the lane must not be used any more.</param>
internal sealed record SettledAppend(bool IsMade, LaneHead? Lane);
