namespace Axvault.Tests.Provider;

/// <summary>What the provider answered to a forwarded request.</summary>
internal sealed record ProviderAnswer(int Status, string? ContentType, string? CacheControl, byte[] Body);
