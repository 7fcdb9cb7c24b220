namespace Axvault.Api.Authentication;

/// <summary>The API key of a session, as a feature of a request that the server makes for it. No client can send one.</summary>
/// <param name="Hash">The SHA-256 of the key's secret.</param>
internal sealed record SessionKey(byte[] Hash);
