using Axvault.Api.Stored;

namespace Axvault.Api.Refresh;

/// <summary>A credential in a list, as this server sees it.</summary>
/// <param name="Metadata">The metadata, with the reason for which nothing refreshes it.</param>
/// <param name="Expiry">The expiry of the access token: as the owner says, else as the data says.</param>
/// <param name="IsRenewed"><see langword="true"/> when the vault renews it by itself; otherwise <see langword="false"/>.</param>
internal sealed record ReviewedCredential(CredentialMetadata Metadata, DateTimeOffset? Expiry, bool IsRenewed);
