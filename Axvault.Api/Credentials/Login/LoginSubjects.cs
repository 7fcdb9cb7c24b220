using Axvault.Api.Authorization;
using Axvault.Api.Refresh;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Stored;

namespace Axvault.Api.Credentials.Login;

/// <summary>Finds the credentials that a person logs in again.</summary>
internal sealed class LoginSubjects(CredentialOpener credentials, ProviderCatalog providers)
{
    /// <summary>Returns the credential, and its tokens when it has any; <see langword="null"/> when there is no credential <paramref name="name"/>.</summary>
    public async Task<(OpenedCredential Credential, RefreshSubject? Tokens)?> FindAsync(CredentialName name, CancellationToken cancellationToken) =>
        await credentials.LoadAsync(name, cancellationToken) is { } found ? (found, RefreshSubject.Of(found, providers)) : null;
}
