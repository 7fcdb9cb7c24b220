using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh;

namespace Axvault.Api.Credentials;

/// <summary>The story of a GET: load the row, open its envelope, refresh the tokens when they are due.</summary>
internal sealed class CredentialReader(CredentialOpener credentials, Refresher refresher)
{
    /// <summary>Reads a credential, as it was or as it was refreshed; <see langword="null"/> when there is none.</summary>
    /// <exception cref="EnvelopeException">What is stored does not open.</exception>
    public async Task<RefreshResult?> ReadAsync(CredentialName name, CancellationToken cancellationToken) =>
        await credentials.LoadAsync(name, cancellationToken) is { } found ? await refresher.RefreshIfDueAsync(found, cancellationToken) : null;
}
