using Axvault.Api.Credentials;

namespace Axvault.Api.Refresh.Shapes;

/// <summary>A credential's data with new tokens in it.</summary>
/// <param name="Data">The data.</param>
/// <param name="ExpiresAt">When the access token expires, to the second, as the data says it.</param>
/// <param name="Lifetime">How long it lives as a whole; <see langword="null"/> when it had expired before it was issued.</param>
internal sealed record RefreshedTokens(CredentialData Data, DateTimeOffset ExpiresAt, TimeSpan? Lifetime);
