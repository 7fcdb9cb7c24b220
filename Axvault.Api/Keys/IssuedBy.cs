namespace Axvault.Api.Keys;

/// <summary>The origin of a key that a workload's token was exchanged for.</summary>
/// <param name="Rule">The rule, whose rights the key has.</param>
/// <param name="Subject">The subject of the token.</param>
internal sealed record IssuedBy(string Rule, string Subject);
