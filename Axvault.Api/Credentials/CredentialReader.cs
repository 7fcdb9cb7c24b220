using Axvault.Api.Authorization;
using Axvault.Api.Encryption;

namespace Axvault.Api.Credentials;

/// <summary>The story of a GET: load the row, open its envelope.</summary>
internal sealed class CredentialReader(CredentialStore store, Vault vault)
{
    /// <summary>Reads a credential; <see langword="null"/> when there is none.</summary>
    /// <exception cref="EnvelopeException">What is stored does not open.</exception>
    public async Task<CredentialResponse?> ReadAsync(CredentialName name, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(name, cancellationToken) is not { } stored)
        {
            return null;
        }

        var json = Envelope.Open(vault.Keys, new EnvelopeContext(stored.RowId, stored.Metadata.Name), stored.Envelope);
        return CredentialResponse.Of(stored.Metadata, CredentialData.FromStored(json));
    }
}
