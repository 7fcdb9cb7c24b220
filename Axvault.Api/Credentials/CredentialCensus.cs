namespace Axvault.Api.Credentials;

/// <summary>The credentials of a vault, counted.</summary>
/// <param name="ByTypeAndExpiry">How many there are of each <see cref="CredentialType"/> and <see cref="ExpiryClass"/>; none, where a pair is absent.</param>
internal sealed record CredentialCensus(IReadOnlyDictionary<(string Type, string Expiry), long> ByTypeAndExpiry);
