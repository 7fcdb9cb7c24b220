using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Stored;

/// <summary>Loads credentials and opens their envelopes.</summary>
internal sealed class CredentialOpener(CredentialLoader loader, Vault vault)
{
    /// <summary>Loads and opens a credential. Returns <see langword="null"/> when there is none.</summary>
    /// <exception cref="EnvelopeException">The stored envelope does not open.</exception>
    public async Task<OpenedCredential?> LoadAsync(CredentialName name, CancellationToken cancellationToken) =>
        await FindAsync(name, cancellationToken) is { } stored ? Open(stored) : null;

    /// <summary>Loads a credential without opening its envelope. Returns <see langword="null"/> when there is none.</summary>
    public async Task<StoredCredential?> FindAsync(CredentialName name, CancellationToken cancellationToken)
    {
        using var span = CredentialTelemetry.StartLoad();
        try
        {
            return await loader.FindAsync(name, cancellationToken);
        }
        catch (Exception exception)
        {
            span.Fail(exception);
            throw;
        }
    }

    /// <summary>Opens the envelope of a loaded credential.</summary>
    /// <exception cref="EnvelopeException">The envelope does not open.</exception>
    public OpenedCredential Open(StoredCredential stored)
    {
        var json = stored.Opener is { } opener ? vault.Decrypt(opener) : vault.Decrypt(stored.Context, stored.Envelope);
        return new OpenedCredential(stored, CredentialData.FromStored(json));
    }

    /// <summary>Returns the credential with its unwrapped DEK, so that it can be opened again at less cost.</summary>
    public StoredCredential Prepare(StoredCredential stored)
    {
        return stored with
        {
            Opener = vault.MakeOpener(stored.Context, stored.Envelope),
        };
    }
}
