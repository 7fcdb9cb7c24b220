using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Credentials;

/// <summary>Loads a credential and opens its envelope.</summary>
internal sealed class CredentialOpener(CredentialLoader loader, Vault vault)
{
    /// <summary>Loads a credential; <see langword="null"/> when there is none.</summary>
    /// <exception cref="EnvelopeException">What is stored does not open.</exception>
    public async Task<OpenedCredential?> LoadAsync(CredentialName name, CancellationToken cancellationToken) =>
        await FindAsync(name, cancellationToken) is { } stored ? Open(stored) : null;

    /// <summary>Loads a credential, without opening its envelope; <see langword="null"/> when there is none.</summary>
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

    /// <summary>Opens the envelope of a credential that was loaded.</summary>
    /// <exception cref="EnvelopeException">It does not open.</exception>
    public OpenedCredential Open(StoredCredential stored)
    {
        ArgumentNullException.ThrowIfNull(stored);

        var json = stored.Opener is { } opener ? vault.Decrypt(opener) : vault.Decrypt(ContextOf(stored), stored.Envelope);
        return new OpenedCredential(stored, CredentialData.FromStored(json));
    }

    /// <summary>Makes ready a credential that was opened, and is to be opened again.</summary>
    public StoredCredential Prepare(StoredCredential stored)
    {
        ArgumentNullException.ThrowIfNull(stored);

        return stored with { Opener = vault.MakeOpener(ContextOf(stored), stored.Envelope) };
    }

    private static EnvelopeContext ContextOf(StoredCredential stored) => new(stored.RowId, stored.Metadata.Name);
}
