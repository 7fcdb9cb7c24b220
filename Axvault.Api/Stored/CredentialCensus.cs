namespace Axvault.Api.Stored;

/// <summary>The number of credentials in a vault.</summary>
/// <param name="ByTypeAndExpiry">The number for each <see cref="CredentialType"/> and <see cref="ExpiryClass"/>. An absent pair has none.</param>
internal sealed record CredentialCensus(IReadOnlyDictionary<(string Type, string Expiry), long> ByTypeAndExpiry);
