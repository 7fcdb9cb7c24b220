using Axvault.Api.WebConsole.Layout;
using Axvault.Client;

namespace Axvault.Api.WebConsole.Usage;

/// <summary>The use of the broker.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Days">The sums by day.</param>
/// <param name="Sums">The sums in the chosen order.</param>
/// <param name="Orders">The orders to choose from.</param>
/// <param name="Limits">The keys with a limit that have used a part of it on the last day.</param>
public sealed record UsageModel(PageFrame Frame, UsageReport Days, UsageReport Sums, IReadOnlyList<string> Orders, IReadOnlyList<NearLimit> Limits)
{
    /// <summary>Returns all tokens of a sum.</summary>
    internal static long Tokens(UsageSum sum) => sum.InputTokens + sum.OutputTokens + sum.CacheReadTokens + sum.CacheWriteTokens;
}

/// <summary>A key and its limit.</summary>
/// <param name="Key">The key.</param>
/// <param name="Used">The tokens of the day.</param>
/// <param name="Limit">The greatest number of tokens in a day.</param>
public sealed record NearLimit(ApiKey Key, long Used, long Limit);
