using System.Globalization;
using System.Text.Json.Serialization;
using Axvault.Api.Http;
using Microsoft.AspNetCore.Mvc;

namespace Axvault.Api.Broker.Usage;

/// <summary>The parameters of <c>GET /usage</c>. Each may be given once.</summary>
internal sealed record ReadUsageParameters
{
    /// <summary>The orders of the sums, by their names.</summary>
    public static readonly IReadOnlyDictionary<string, UsageBy> Names = new Dictionary<string, UsageBy>
    {
        ["day"] = UsageBy.Day,
        ["key"] = UsageBy.Key,
        ["credential"] = UsageBy.Credential,
        ["model"] = UsageBy.Model,
        ["rule"] = UsageBy.Rule,
    };

    private const int DefaultDays = 30;

    /// <summary>The first day (UTC), such as <c>2026-11-01</c>; by default 29 days before the last one.</summary>
    [FromQuery(Name = "from")]
    public string[] From { get; init; } = [];

    /// <summary>The last day (UTC); by default today.</summary>
    [FromQuery(Name = "to")]
    public string[] To { get; init; } = [];

    /// <summary>The order of the sums: <c>day</c> by default, <c>key</c>, <c>credential</c>, <c>model</c> or <c>rule</c>.</summary>
    [FromQuery(Name = "by")]
    public string[] By { get; init; } = [];

    /// <summary>Checks the parameters.</summary>
    public bool TryParse(DateOnly today, FieldErrors errors, out DateOnly from, out DateOnly to, out UsageBy by)
    {
        to = Day(errors, "to", To) ?? today;
        from = Day(errors, "from", From) ?? to.AddDays(1 - DefaultDays);
        if (errors.Count == 0 && from > to)
        {
            errors.Report("from", "must not be after to");
        }

        by = UsageBy.Day;
        if (By is not [] && (By is not [var text] || !Names.TryGetValue(text, out by)))
        {
            errors.Report("by", $"must be given once, as one of {string.Join(", ", Names.Keys)}");
        }

        return errors.Count == 0;
    }

    private static DateOnly? Day(FieldErrors errors, string field, string[] texts)
    {
        if (texts is [])
        {
            return null;
        }

        if (texts is [var text] && DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year > 1)
        {
            return day;
        }

        errors.Report(field, "must be given once, as a day such as 2026-11-01");
        return null;
    }
}

/// <summary>The use of the broker.</summary>
/// <param name="By">The order of the sums.</param>
/// <param name="From">The first day.</param>
/// <param name="To">The last day.</param>
/// <param name="Usage">The sums, in the order of their names.</param>
internal sealed record UsageResponse(string By, string From, string To, IReadOnlyList<UsageSumResponse> Usage);

/// <summary>A sum of use.</summary>
/// <param name="Name">The day, the id of the key, or the name of the credential, model or rule; empty for calls without one.</param>
/// <param name="KeyName">The name of the key; only in sums by key.</param>
/// <param name="Calls">The calls that were forwarded.</param>
/// <param name="InputTokens">The input tokens that were not in a cache.</param>
/// <param name="OutputTokens">The output tokens, thoughts included.</param>
/// <param name="CacheReadTokens">The input tokens that were read from a cache.</param>
/// <param name="CacheWriteTokens">The input tokens that were written to a cache.</param>
internal sealed record UsageSumResponse(
    string Name,
    string? KeyName,
    long Calls,
    long InputTokens,
    long OutputTokens,
    long CacheReadTokens,
    long CacheWriteTokens
);

/// <summary>The JSON form of the bodies of this folder.</summary>
[JsonSerializable(typeof(UsageResponse))]
internal sealed partial class UsageJsonContext : JsonSerializerContext;
