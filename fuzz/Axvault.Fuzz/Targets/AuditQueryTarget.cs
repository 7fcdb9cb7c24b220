using System.Text;
using Axvault.Api.Audit.Reading;
using Axvault.Api.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Axvault.Fuzz.Targets;

/// <summary>Query strings of the audit log. An error names its field, and a cursor is read back as written.</summary>
internal sealed class AuditQueryTarget : FuzzTarget
{
    private static readonly string[] Fields = ["since", "until", "action", "outcome", "key", "credential", "limit", "cursor"];

    /// <inheritdoc />
    public override string Name => "audit-query";

    /// <inheritdoc />
    public override IReadOnlyList<string> Tokens =>
        [
            .. Fields.Select(static name => $"&{name}="),
            "2026-01-15T10:30:00.000Z",
            "%2B",
            "%00",
            "key.create",
            "denied",
            "k_0123456789ab",
            "1767225600123-7-4711",
            "-",
        ];

    /// <inheritdoc />
    public override void Run(ReadOnlySpan<byte> input)
    {
        var query = new QueryCollection(QueryHelpers.ParseQuery(Encoding.UTF8.GetString(input)));
        foreach (var all in (bool[])[false, true])
        {
            var errors = new FieldErrors();
            var parsed = Parameters(query).TryParse(all, errors, out var asked);
            Holds(parsed == (errors.Count == 0) && errors.Keys.All(Fields.Contains), "an error names its field");
            if (!parsed)
            {
                continue;
            }

            Holds(all ? asked.Limit is null or > 0 : asked.Limit is > 0 and <= AuditQuery.MaxLimit, "a page is never larger than the limit");
            if (asked.After is var (at, lane, sequence))
            {
                var again = new QueryCollection(QueryHelpers.ParseQuery($"cursor={AuditQuery.Cursor(at, lane, sequence)}"));
                Holds(Parameters(again).TryParse(all, errors, out var same) && same.After == asked.After, "a cursor is read back as written");
            }
        }
    }

    // As the framework binds them.
    private static ListAuditParameters Parameters(QueryCollection query) =>
        new()
        {
            Since = query["since"].ToArray()!,
            Until = query["until"].ToArray()!,
            Action = query["action"].ToArray()!,
            Outcome = query["outcome"].ToArray()!,
            Key = query["key"].ToArray()!,
            Credential = query["credential"].ToArray()!,
            Limit = query["limit"].ToArray()!,
            Cursor = query["cursor"].ToArray()!,
        };
}
