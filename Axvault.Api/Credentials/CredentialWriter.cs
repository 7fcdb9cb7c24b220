using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Confirmation;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh.Shapes;

namespace Axvault.Api.Credentials;

/// <summary>The story of a PUT: guess the row that the name belongs to, seal the data for that row, and write it in the commit of its audit entry.</summary>
internal sealed class CredentialWriter(Vault vault, RowMemory memory, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Puts a credential, new or in place of the one that has the name, and closes <paramref name="trail"/> with it.</summary>
    /// <exception cref="EnvelopeException">What is stored is under a key that this server does not have: it is not overwritten.</exception>
    /// <exception cref="TimeoutException">Somebody holds the credential.</exception>
    /// <exception cref="AuditUnavailableException">Nothing can be recorded; it is not known whether it was put.</exception>
    /// <exception cref="StaleReadException">The caller's key has changed; nothing was put.</exception>
    public async Task<PutTimes> PutAsync(CredentialName name, CredentialAttributes attributes, CredentialData data, AuditTrail trail, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(trail);

        // A name that is not remembered is taken for new. Each further turn means that somebody else has put or deleted the name, so the whole always gets on.
        var put = Seal(name, attributes, data, memory.FindRow(name.Value));
        var (start, pause) = (time.GetTimestamp(), FirstPause);
        while (true)
        {
            var outcome = await trail.PutAsync(put);
            if (outcome.IsMade)
            {
                memory.SetRow(name.Value, new CredentialRow(put.RowId, vault.Keys.Current.Id));
                return outcome.Times;
            }

            if (outcome.IsMoved)
            {
                put = Seal(name, attributes, data, outcome.Row);
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

    private CredentialPut Seal(CredentialName name, CredentialAttributes attributes, CredentialData data, CredentialRow? row)
    {
        if (row is not null)
        {
            vault.Require(row.KeyId);
        }

        var rowId = row?.Id ?? Guid.CreateVersion7();
        return new CredentialPut(
            rowId, row is null, name, attributes, vault.Encrypt(new EnvelopeContext(rowId, name), data.Reveal()), TokenExpiry.Of(attributes, data, time.GetUtcNow()));
    }
}
