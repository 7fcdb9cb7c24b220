using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh.Shapes;

namespace Axvault.Api.Credentials;

/// <summary>The story of a PUT: find the row that the name belongs to, seal the data for that row, write it.</summary>
internal sealed class CredentialWriter(CredentialStore store, Vault vault, TimeProvider time)
{
    /// <summary>Puts a credential, new or in place of the one that has the name, and writes <paramref name="note"/> with it.</summary>
    /// <exception cref="EnvelopeException">What is stored is under a key that this server does not have: it is not overwritten.</exception>
    public async Task<PutResult> PutAsync(CredentialName name, CredentialAttributes attributes, CredentialData data, AuditNote note, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(data);

        // Each further turn means that somebody else put or deleted the name between the look and the write, so the whole always gets on.
        while (true)
        {
            if (await TryPutAsync(name, attributes, data, note, cancellationToken) is { } result)
            {
                return result;
            }
        }
    }

    private async Task<PutResult?> TryPutAsync(CredentialName name, CredentialAttributes attributes, CredentialData data, AuditNote note, CancellationToken cancellationToken)
    {
        var tokenExpiresAt = TokenExpiry.Of(attributes, data, time.GetUtcNow());
        if (await store.FindRowAsync(name, cancellationToken) is not { } row)
        {
            var rowId = Guid.CreateVersion7();
            return await store.InsertAsync(
                rowId, name, attributes, vault.Encrypt(new EnvelopeContext(rowId, name), data.Reveal()), tokenExpiresAt, note, cancellationToken);
        }

        vault.Require(row.KeyId);
        return await store.ReplaceAsync(
            row.Id, attributes, vault.Encrypt(new EnvelopeContext(row.Id, name), data.Reveal()), tokenExpiresAt, vault.Keys.Ids, note, cancellationToken);
    }
}
