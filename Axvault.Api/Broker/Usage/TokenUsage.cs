namespace Axvault.Api.Broker.Usage;

/// <summary>The use of tokens by a call, as its answer told it.</summary>
/// <param name="Model">The model that answered; <see langword="null"/> when the answer does not say.</param>
/// <param name="Input">Input tokens that were not in a cache.</param>
/// <param name="Output">Output tokens, thoughts included.</param>
/// <param name="CacheRead">Input tokens read from a cache.</param>
/// <param name="CacheWrite">Input tokens written to a cache.</param>
internal sealed record TokenUsage(string? Model, long Input, long Output, long CacheRead, long CacheWrite)
{
    /// <summary>All tokens.</summary>
    public long Total => Input + Output + CacheRead + CacheWrite;
}
