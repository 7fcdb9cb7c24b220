using Axvault.Api.Stored;

namespace Axvault.Api.Refresh.Shapes;

/// <summary>A credential's data with new tokens in it.</summary>
/// <param name="Data">The data.</param>
/// <param name="ExpiresAt">The expiry of the access token, in whole seconds, as the data says it.</param>
/// <param name="Lifetime">The whole lifetime of the access token; <see langword="null"/> when it had expired before it was issued.</param>
internal sealed record RefreshedTokens(CredentialData Data, DateTimeOffset ExpiresAt, TimeSpan? Lifetime);
