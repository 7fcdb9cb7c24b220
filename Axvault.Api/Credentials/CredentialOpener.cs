using Axvault.Api.Authorization;
using Axvault.Api.Encryption;

namespace Axvault.Api.Credentials;

/// <summary>Loads a credential and opens its envelope.</summary>
internal sealed class CredentialOpener(CredentialStore store, Vault vault)
{
    /// <summary>Loads a credential; <see langword="null"/> when there is none.</summary>
    /// <exception cref="EnvelopeException">What is stored does not open.</exception>
    public async Task<OpenedCredential?> LoadAsync(CredentialName name, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(name, cancellationToken) is not { } stored)
        {
            return null;
        }

        var json = Envelope.Open(vault.Keys, new EnvelopeContext(stored.RowId, stored.Metadata.Name), stored.Envelope);
        return new OpenedCredential(stored, CredentialData.FromStored(json));
    }
}
