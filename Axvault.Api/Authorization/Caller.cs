namespace Axvault.Api.Authorization;

/// <summary>The key that a request was authenticated with, as the database held it when the request came in.</summary>
/// <param name="KeyId">The key's id.</param>
/// <param name="KeyName">The key's name, for the log.</param>
/// <param name="Scope">What the key may do.</param>
internal sealed record Caller(KeyId KeyId, string KeyName, AccessScope Scope);
