using Axvault.Api.Chain;
using Axvault.Api.Encryption;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>Retires the older keys of the ledger at the end of a key rotation. Notes with these keys are appended before.</summary>
internal sealed class KeyRetirement(Ledger ledger, Checkpoints checkpoints, ChainKeyRing chainKeys, LeftNotes notes)
{
    /// <summary>Retires the chain keys of all KEKs but <paramref name="current"/>, in one transaction.</summary>
    /// <param name="current">The KEK that stays.</param>
    /// <param name="entry">The last entry in the lanes that the retirement closes.</param>
    /// <param name="first">Runs first in the transaction. Nothing is retired when it returns <see langword="false"/>.</param>
    /// <param name="last">Runs last in the transaction.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    /// <returns><see langword="true"/> when the keys are retired; <see langword="false"/> also when a note with one of them is left.</returns>
    /// <exception cref="AuditUnavailableException">The entries cannot be written.</exception>
    public async Task<bool> RunAsync(
        KeyEncryptionKey current,
        AuditEntry entry,
        Func<NpgsqlTransaction, Task<bool>> first,
        Func<NpgsqlTransaction, Task> last,
        CancellationToken cancellationToken
    )
    {
        await notes.AppendAsync(cancellationToken);
        await chainKeys.OpenAsync(cancellationToken);
        var isRetired = await ledger.ChangeAsync(
            async change =>
            {
                // Notes are locked before lanes, in the order of a server that appends a note.
                var transaction = change.Transaction;
                if (!await first(transaction) || !await AuditNoteStore.AreAllUnderAsync(transaction, current.Id, cancellationToken))
                {
                    return false;
                }

                // Before the lane, too: a retirement that held its lane and waited for this lock would be waited for by the one that closes all lanes.
                await CheckpointStore.LockAsync(transaction, cancellationToken);
                await change.CommitAsync(
                    entry,
                    async () =>
                    {
                        await checkpoints.RetireAsync(transaction, current, cancellationToken);
                        await last(transaction);
                    }
                );
                return true;
            },
            cancellationToken
        );
        await chainKeys.OpenAsync(cancellationToken);
        return isRetired;
    }
}
