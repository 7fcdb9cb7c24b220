using Axvault.Api.Authorization;

namespace Axvault.Api.Keys;

/// <summary>A use of a key, or of its previous secret.</summary>
/// <param name="Key">The key.</param>
/// <param name="PreviousVersion">The number of the previous secret; <see langword="null"/> for a use of the key itself.</param>
internal readonly record struct KeyUse(KeyId Key, int? PreviousVersion);
