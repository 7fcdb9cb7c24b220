namespace Axvault.Client;

/// <summary>The use of the broker in some days.</summary>
/// <param name="By">The order of the sums.</param>
/// <param name="From">The first day (UTC).</param>
/// <param name="To">The last day (UTC).</param>
/// <param name="Usage">The sums, in the order of their names.</param>
/// <example><code>var report = await vault.Usage.ReadAsync(by: "model");</code></example>
public sealed record UsageReport(string By, DateOnly From, DateOnly To, IReadOnlyList<UsageSum> Usage);

/// <summary>A sum of calls and tokens.</summary>
/// <param name="Name">The day, the id of the key, or the name of the credential, model or rule; empty for calls without one.</param>
/// <param name="Calls">The calls that were forwarded.</param>
/// <param name="InputTokens">The input tokens that were not in a cache.</param>
/// <param name="OutputTokens">The output tokens, thoughts included.</param>
/// <param name="CacheReadTokens">The input tokens that were read from a cache.</param>
/// <param name="CacheWriteTokens">The input tokens that were written to a cache.</param>
/// <example><code>var tokens = report.Usage.Sum(sum => sum.InputTokens + sum.OutputTokens);</code></example>
public sealed record UsageSum(string Name, long Calls, long InputTokens, long OutputTokens, long CacheReadTokens, long CacheWriteTokens)
{
    /// <summary>The name of the key; <see langword="null"/> but in sums by key.</summary>
    public string? KeyName { get; init; }
}
