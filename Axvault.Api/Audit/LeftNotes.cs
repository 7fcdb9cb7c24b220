using Axvault.Api.Chain;
using Axvault.Api.Http;

namespace Axvault.Api.Audit;

/// <summary>Appends the notes of changes that were made while the log was blocked, and removes notes that no server wrote.</summary>
internal sealed partial class LeftNotes(AuditNoteStore notes, ChainKeyRing chainKeys, Ledger ledger, AuditSource source, ILogger<LeftNotes> logger)
{
    private const int Batch = 500;

    /// <summary>Appends the notes that are left.</summary>
    public async Task AppendAsync(CancellationToken stoppingToken)
    {
        var found = await notes.FindAsync(Batch, stoppingToken);
        if (found.Count > 0)
        {
            // Another server may have retired a key.
            await chainKeys.OpenAsync(stoppingToken);
        }

        foreach (var (id, note) in found)
        {
            var late = note is not null && chainKeys.IsAuthentic(note) ? Late(note) : null;
            var isAppended = await ledger.ChangeAsync(
                async change =>
                {
                    // Another server may have appended it.
                    if (!await AuditNoteStore.RemoveAsync(change.Transaction, id, stoppingToken))
                    {
                        return false;
                    }

                    await change.CommitAsync(late ?? Forgery(id));
                    return true;
                },
                stoppingToken
            );
            if (isAppended && late is null)
            {
                Log.Forged(logger, id);
            }
        }
    }

    private static AuditEntry Late(AuditNote note)
    {
        var reason = $"done at {Timestamp.ToText(note.MadeAt)}, recorded late";
        return note.Entry with { Reason = AuditEntry.Cut(note.Entry.Reason is { } own ? $"{reason}: {own}" : reason) };
    }

    private AuditEntry Forgery(Guid id) =>
        source.Describe(AuditAction.AuditForgery, AuditOutcome.Failure, $"the note {id} was not written by a server of this vault, and was removed");

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Critical, "The note {Id} for the audit log was not written by a server of this vault, and was removed")]
        public static partial void Forged(ILogger logger, Guid id);
    }
}
