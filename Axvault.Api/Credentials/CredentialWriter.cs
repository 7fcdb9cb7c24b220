using Axvault.Api.Authorization;
using Axvault.Api.Encryption;

namespace Axvault.Api.Credentials;

/// <summary>The story of a PUT: find the row that the name belongs to, seal the data for that row, write it.</summary>
internal sealed class CredentialWriter(CredentialStore store, Vault vault)
{
    // Each further try means that the name was deleted, or deleted and put again, in the moment between the look and the write.
    private const int MaxTries = 5;

    /// <summary>Puts a credential, new or in place of the one that has the name.</summary>
    /// <exception cref="EnvelopeException">What is stored is under a key that this server does not have: it is not overwritten.</exception>
    public async Task<PutResult> PutAsync(CredentialName name, CredentialAttributes attributes, CredentialData data, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(data);

        var keys = vault.Keys;
        for (var attempt = 0; attempt < MaxTries; attempt++)
        {
            var rowId = await store.FindRowIdAsync(name, cancellationToken) ?? Guid.CreateVersion7();
            var envelope = Envelope.Seal(keys, new EnvelopeContext(rowId, name), data.Reveal());
            if (await store.PutAsync(rowId, name, attributes, envelope, keys.Ids, cancellationToken) is { } result)
            {
                return result;
            }
        }

        throw new EnvelopeException(EnvelopeFault.UnknownKey);
    }
}
