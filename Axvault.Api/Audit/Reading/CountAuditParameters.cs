using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Microsoft.AspNetCore.Mvc;

namespace Axvault.Api.Audit.Reading;

/// <summary>The query of counts of audit entries. Each parameter may be given once.</summary>
internal sealed record CountAuditParameters
{
    /// <summary>The earliest time, included; by default 24 hours before <c>until</c>, or 30 days before it with <c>by=day</c>.</summary>
    [FromQuery(Name = "since")]
    public string[] Since { get; init; } = [];

    /// <summary>The latest time, not included; by default the present.</summary>
    [FromQuery(Name = "until")]
    public string[] Until { get; init; } = [];

    /// <summary>The length of a part: <c>hour</c> by default, or <c>day</c>, both of UTC. At most 400 parts.</summary>
    [FromQuery(Name = "by")]
    public string[] By { get; init; } = [];

    /// <summary>The name of a credential: actions on it.</summary>
    [FromQuery(Name = "credential")]
    public string[] Credential { get; init; } = [];

    /// <summary>The id of a key: actions by it and on it.</summary>
    [FromQuery(Name = "key")]
    public string[] Key { get; init; } = [];

    /// <summary>Reads every parameter. Returns <see langword="false"/> when something is wrong.</summary>
    /// <param name="now">The present.</param>
    /// <param name="errors">Receives the faults.</param>
    /// <param name="query">The query, when nothing is wrong.</param>
    public bool TryParse(DateTimeOffset now, FieldErrors errors, out AuditCountQuery query)
    {
        var part = AuditPart.All.GetValueOrDefault(errors.OneOf("by", By, AuditPart.Names) ?? "") ?? AuditPart.Hour;
        var until = errors.Time("until", Until) ?? now;
        query = new AuditCountQuery(errors.Time("since", Since) ?? part.Before(until), until, part)
        {
            Credential = errors.Single("credential", Credential, CredentialName.Rule, static text => CredentialName.TryParse(text, out _)),
            Key = errors.Single("key", Key, ListAuditParameters.KeyRule, static text => KeyId.TryParse(text, out _)),
        };
        if (errors.Count == 0 && query.Since >= query.Until)
        {
            errors.Report("since", "must be before until");
        }
        else if (errors.Count == 0 && query.CountParts() > AuditCountQuery.MaxParts)
        {
            errors.Report("since", $"must be at most {AuditCountQuery.MaxParts} {part.Name}s before until");
        }

        return errors.Count == 0;
    }
}
