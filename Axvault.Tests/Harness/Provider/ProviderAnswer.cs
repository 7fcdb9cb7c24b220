namespace Axvault.Tests.Harness.Provider;

/// <summary>The provider's answer to a forwarded request.</summary>
internal sealed record ProviderAnswer(int Status, string? ContentType, string? CacheControl, byte[] Body);
