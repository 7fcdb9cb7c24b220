using Axvault.Api.Authorization;

namespace Axvault.Api.Keys;

/// <summary>What was used of a key.</summary>
/// <param name="Key">The key.</param>
/// <param name="PreviousVersion">The number of the secret, when it was the one before; <see langword="null"/> for the key as such.</param>
internal readonly record struct KeyUse(KeyId Key, int? PreviousVersion);
