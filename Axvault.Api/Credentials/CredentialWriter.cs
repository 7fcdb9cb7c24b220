using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Confirmation;
using Axvault.Api.Encryption;
using Axvault.Api.Http;
using Axvault.Api.Refresh.Shapes;

namespace Axvault.Api.Credentials;

/// <summary>
/// The story of a PUT: guess the row that the name belongs to, or look at it where a condition asks for that; seal the data for an id of its own; and write it into
/// that row, which takes over the id, in the commit of its audit entry.
/// </summary>
internal sealed class CredentialWriter(CredentialStore store, Vault vault, RowMemory memory, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Puts a credential, new or in place of the one that has the name, and closes <paramref name="trail"/> with it.</summary>
    /// <returns>What was put, and when; <see langword="null"/> when the conditions do not allow it: nothing was put.</returns>
    /// <exception cref="EnvelopeException">What is stored is under a key that this server does not have: it is not overwritten.</exception>
    /// <exception cref="TimeoutException">Somebody holds the credential.</exception>
    /// <exception cref="AuditUnavailableException">Nothing can be recorded; it is not known whether it was put.</exception>
    /// <exception cref="StaleReadException">The caller's key has changed; nothing was put.</exception>
    public async Task<(CredentialPut Put, PutTimes Times)?> PutAsync(
        CredentialName name, CredentialAttributes attributes, CredentialData data, Preconditions conditions, AuditTrail trail, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(conditions);
        ArgumentNullException.ThrowIfNull(trail);

        // A name that is not remembered is taken for new. Each further turn means that somebody else has put or deleted the name, so the whole always gets on.
        var row = memory.FindRow(name.Value);
        CredentialPut? sealedPut = null;
        var (start, pause) = (time.GetTimestamp(), FirstPause);
        while (true)
        {
            CredentialTag? expected = null;
            if (!conditions.IsEmpty)
            {
                var found = await store.FindRowAsync(name, cancellationToken);
                (row, expected) = (found?.Row, found?.Tag);
                if (!conditions.AllowsChange(expected?.ToString()))
                {
                    return null;
                }
            }

            if (row is not null)
            {
                vault.Require(row.KeyId);
            }

            var put = (sealedPut ??= Seal(name, attributes, data)) with { Replaces = row, Expected = expected };
            var outcome = await trail.PutAsync(put);
            if (outcome.IsMade)
            {
                memory.SetRow(name.Value, new CredentialRow(put.RowId, vault.Keys.Current.Id));
                return (put, outcome.Times);
            }

            if (outcome.IsMoved)
            {
                row = outcome.Row;
                continue;
            }

            if (time.GetElapsedTime(start) > Limit)
            {
                throw new TimeoutException("The credential is locked in the database.");
            }

            // Out of the group, which does not wait for anybody.
            await Task.Delay(pause, time, cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private CredentialPut Seal(CredentialName name, CredentialAttributes attributes, CredentialData data)
    {
        var rowId = Guid.CreateVersion7();
        return new CredentialPut(
            rowId, null, name, attributes, vault.Encrypt(new EnvelopeContext(rowId, name), data.Reveal()), TokenExpiry.Of(attributes, data, time.GetUtcNow()));
    }
}
