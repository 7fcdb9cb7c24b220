using System.Globalization;
using Axvault.Client;
using Microsoft.AspNetCore.Mvc;

namespace Axvault.Api.WebConsole.Audit;

/// <summary>The filter of the audit log, in the address of its page.</summary>
public sealed record AuditFilter
{
    private static readonly TimeSpan ChartByHour = TimeSpan.FromDays(7);

    /// <summary>The action.</summary>
    [FromQuery(Name = "action")]
    public string? Action { get; init; }

    /// <summary>The outcome.</summary>
    [FromQuery(Name = "outcome")]
    public string? Outcome { get; init; }

    /// <summary>The id of the caller's key.</summary>
    [FromQuery(Name = "key")]
    public string? Key { get; init; }

    /// <summary>The name of the credential.</summary>
    [FromQuery(Name = "credential")]
    public string? Credential { get; init; }

    /// <summary>The earliest time (UTC), as the browser's field writes it.</summary>
    [FromQuery(Name = "since")]
    public string? Since { get; init; }

    /// <summary>The time before which the entries are (UTC), as the browser's field writes it.</summary>
    [FromQuery(Name = "until")]
    public string? Until { get; init; }

    /// <summary>Any text, when new entries are shown as they come.</summary>
    [FromQuery(Name = "live")]
    public string? Live { get; init; }

    /// <summary>The cursor of the page.</summary>
    [FromQuery(Name = "cursor")]
    public string? Cursor { get; init; }

    /// <summary><see langword="true"/> when new entries are shown as they come; otherwise <see langword="false"/>.</summary>
    internal bool IsLive => Some(Live) is not null;

    /// <summary>Returns the selection for the API.</summary>
    internal AuditQuery ToQuery() =>
        new()
        {
            Action = Some(Action),
            Outcome = Some(Outcome),
            Key = Some(Key),
            Credential = Some(Credential),
            Since = Time(Since),
            Until = Time(Until),
        };

    /// <summary>Returns the selection of the chart: hours of at most a week, or else days.</summary>
    internal AuditCountQuery ToCountQuery(DateTimeOffset now)
    {
        var (until, since) = (Time(Until), Time(Since));
        var span = since is { } from ? (until ?? now) - from : TimeSpan.Zero;
        return new AuditCountQuery
        {
            Key = Some(Key),
            Credential = Some(Credential),
            Since = since,
            Until = until,
            By = span > ChartByHour ? "day" : "hour",
        };
    }

    /// <summary>Returns the address of the log from <paramref name="cursor"/> on.</summary>
    internal string PathFrom(string? cursor) => "/console/audit" + Query(cursor);

    /// <summary>Returns the address of the live rows.</summary>
    internal string LivePath() => "/console/audit/live" + Query(null);

    /// <summary>Returns the address of the export's page.</summary>
    internal string ExportPage() => "/console/audit/export" + Query(null);

    /// <summary>Returns the path of the export in the API.</summary>
    internal string ExportPath() =>
        "audit"
        + QueryString.Create(
            Parts()
                .Concat([KeyValuePair.Create("since", Iso(Since)), KeyValuePair.Create("until", Iso(Until))])
                .Where(static part => part.Value is not null)
        );

    private QueryString Query(string? cursor) =>
        QueryString.Create(
            Parts()
                .Concat(
                    [KeyValuePair.Create("since", Some(Since)), KeyValuePair.Create("until", Some(Until)), KeyValuePair.Create("cursor", cursor)]
                )
                .Where(static part => part.Value is not null)
        );

    private KeyValuePair<string, string?>[] Parts() =>
        [
            new("action", Some(Action)),
            new("outcome", Some(Outcome)),
            new("key", Some(Key)),
            new("credential", Some(Credential)),
        ];

    private static string? Some(string? text) => text?.Trim() is { Length: > 0 } some ? some : null;

    private static string? Iso(string? text) => Time(text)?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
