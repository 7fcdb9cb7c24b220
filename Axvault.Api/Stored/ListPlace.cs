using Axvault.Api.Authorization;

namespace Axvault.Api.Stored;

/// <summary>A place in an ordered list of credentials: that of one credential.</summary>
/// <param name="Name">The name of the credential.</param>
/// <param name="Value">The value that the list is ordered by; <see langword="null"/> when the credential has none, or the order is that of names.</param>
internal sealed record ListPlace(CredentialName Name, object? Value);
