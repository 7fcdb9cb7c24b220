using Axvault.Api.Http;

namespace Axvault.Api.Keys;

/// <summary>The checks of the limits of use in a request. 0 is no limit.</summary>
internal static class UseLimitFields
{
    /// <summary>The greatest number of calls in a minute.</summary>
    public const int MaxRequests = 1_000_000;

    /// <summary>The greatest number of tokens in a day. It is exact as a JSON number in every client (RFC 8259 §6).</summary>
    public const long MaxTokens = 1_000_000_000_000;

    /// <summary>Checks a number of calls in a minute.</summary>
    /// <returns>The number; <see langword="null"/> when it is absent.</returns>
    public static int? RequestsPerMinute(this FieldErrors errors, int? value)
    {
        if (value is < 0 or > MaxRequests)
        {
            errors.Report("requestsPerMinute", $"must be a whole number from 0 to {MaxRequests}; 0 is no limit");
        }

        return value;
    }

    /// <summary>Checks a number of tokens in a day.</summary>
    /// <returns>The number; <see langword="null"/> when it is absent.</returns>
    public static long? TokensPerDay(this FieldErrors errors, long? value)
    {
        if (value is < 0 or > MaxTokens)
        {
            errors.Report("tokensPerDay", $"must be a whole number from 0 to {MaxTokens}; 0 is no limit");
        }

        return value;
    }

    /// <summary>Returns <paramref name="limit"/>; <see langword="null"/> for 0.</summary>
    public static int? OrNone(int? limit) => limit == 0 ? null : limit;

    /// <inheritdoc cref="OrNone(int?)"/>
    public static long? OrNone(long? limit) => limit == 0 ? null : limit;
}
