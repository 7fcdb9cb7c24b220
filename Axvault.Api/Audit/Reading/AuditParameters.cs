using System.Globalization;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Http;
using Microsoft.AspNetCore.Mvc;

namespace Axvault.Api.Audit.Reading;

/// <summary>The query of the audit log. Each parameter may be given once.</summary>
internal sealed record ListAuditParameters
{
    /// <summary>The rule for the id of a key, in words for an error message.</summary>
    public const string KeyRule = "must be the id of a key: k_ and 12 hexadecimal digits";

    private static readonly string[] Outcomes = [AuditOutcome.Success.Name(), AuditOutcome.Denied.Name(), AuditOutcome.Failure.Name()];

    /// <summary>The earliest time, included.</summary>
    [FromQuery(Name = "since")]
    public string[] Since { get; init; } = [];

    /// <summary>The latest time, not included.</summary>
    [FromQuery(Name = "until")]
    public string[] Until { get; init; } = [];

    /// <summary>The action.</summary>
    [FromQuery(Name = "action")]
    public string[] Action { get; init; } = [];

    /// <summary>The outcome.</summary>
    [FromQuery(Name = "outcome")]
    public string[] Outcome { get; init; } = [];

    /// <summary>The id of a key: actions by it and on it.</summary>
    [FromQuery(Name = "key")]
    public string[] Key { get; init; } = [];

    /// <summary>The name of a credential: actions on it.</summary>
    [FromQuery(Name = "credential")]
    public string[] Credential { get; init; } = [];

    /// <summary>
    /// The greatest number of entries. More than 1000 counts as 1000. <c>application/x-ndjson</c> has no greatest number, and without a limit it has all
    /// entries.
    /// </summary>
    [FromQuery(Name = "limit")]
    public string[] Limit { get; init; } = [];

    /// <summary>The <c>nextCursor</c> of the previous page.</summary>
    [FromQuery(Name = "cursor")]
    public string[] Cursor { get; init; } = [];

    /// <summary>Reads every parameter. Returns <see langword="false"/> when something is wrong.</summary>
    /// <param name="isExport"><see langword="true"/> for an export, which has no greatest and no default limit; otherwise <see langword="false"/>.</param>
    /// <param name="errors">Receives the faults.</param>
    /// <param name="query">The query, when nothing is wrong.</param>
    public bool TryParse(bool isExport, FieldErrors errors, out AuditQuery query)
    {
        query = new AuditQuery
        {
            Since = errors.Time("since", Since),
            Until = errors.Time("until", Until),
            Action = errors.OneOf("action", Action, AuditAction.All),
            Outcome = errors.OneOf("outcome", Outcome, Outcomes),
            Key = errors.Single("key", Key, KeyRule, static text => KeyId.TryParse(text, out _)),
            Credential = errors.Single("credential", Credential, CredentialName.Rule, static text => CredentialName.TryParse(text, out _)),
            After = ParseCursor(errors),
            Limit = ParseLimit(isExport, errors),
        };
        return errors.Count == 0;
    }

    private int? ParseLimit(bool isExport, FieldErrors errors)
    {
        if (errors.Single("limit", Limit) is not { } text)
        {
            return isExport ? null : AuditQuery.DefaultLimit;
        }

        if (LimitParameter.TryParse(text, isExport ? int.MaxValue : AuditQuery.MaxLimit, out var limit))
        {
            return limit;
        }

        errors.Report("limit", "must be a whole number from 1 on");
        return null;
    }

    private (DateTimeOffset, long, long)? ParseCursor(FieldErrors errors)
    {
        if (errors.Single("cursor", Cursor) is not { } text)
        {
            return null;
        }

        if (
            text.Split('-') is [var at, var lane, var sequence]
            && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            && long.TryParse(lane, NumberStyles.None, CultureInfo.InvariantCulture, out var laneNumber)
            && long.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        )
        {
            return (DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), laneNumber, number);
        }

        errors.Report("cursor", "must be the nextCursor of an earlier answer");
        return null;
    }
}

/// <summary>The query of a verification.</summary>
internal sealed record VerifyAuditParameters
{
    /// <summary>Anchors of log lines <c>Audit checkpoint</c>, kept elsewhere. They show whether the newest entries were cut off.</summary>
    [FromQuery(Name = "anchor")]
    public string[] Anchor { get; init; } = [];

    /// <summary>Reads every anchor. Returns <see langword="false"/> when one is wrong.</summary>
    public bool TryParse(FieldErrors errors, out List<AuditAnchor> anchors)
    {
        anchors = [];
        foreach (var text in Anchor)
        {
            if (AuditAnchor.TryParse(text, out var anchor))
            {
                anchors.Add(anchor);
            }
            else
            {
                errors.Report("anchor", "must be the anchor of a log line: axa2.…");
            }
        }

        return errors.Count == 0;
    }
}
