using System.Text.Json.Serialization;
using Axvault.Api.Audit.Reading;
using Axvault.Api.Audit.Verification;
using Axvault.Api.Chain;

namespace Axvault.Api.Audit;

/// <summary>An entry of the audit log.</summary>
/// <param name="Lane">The lane of the entry. Each server writes lanes of its own.</param>
/// <param name="Sequence">The number of the entry in its lane: 1, 2, 3… without gaps.</param>
/// <param name="At">The time at which it was written, by the database's clock.</param>
/// <param name="Action">The action that was done or requested.</param>
/// <param name="Outcome"><c>success</c>: it was done. <c>denied</c>: it was refused. <c>failure</c>: it was tried, and failed.</param>
/// <param name="KeyId">The id of the API key of the caller.</param>
/// <param name="KeyName">The name of that key at the time.</param>
/// <param name="Target">The name of the credential, or the id of the key, that the action touched.</param>
/// <param name="ClientAddress">The client's address; behind a trusted proxy, that of the client in front of it.</param>
/// <param name="UserAgent">The client's user agent.</param>
/// <param name="RequestId">The id of the request.</param>
/// <param name="TraceId">The id of the trace (W3C Trace Context).</param>
/// <param name="Reason">The reason of a refusal or failure, or a detail of a success.</param>
/// <param name="Server">The server that wrote the entry.</param>
internal sealed record AuditEntryResponse(
    long Lane,
    long Sequence,
    DateTimeOffset At,
    string Action,
    string Outcome,
    string? KeyId,
    string? KeyName,
    string? Target,
    string? ClientAddress,
    string? UserAgent,
    string? RequestId,
    string? TraceId,
    string? Reason,
    string Server
)
{
    /// <summary>Returns <paramref name="chained"/> as the API shows it.</summary>
    public static AuditEntryResponse Of(ChainedEntry chained)
    {
        var entry = chained.Entry;
        return new AuditEntryResponse(
            chained.Lane,
            chained.Sequence,
            chained.At,
            entry.Action,
            entry.Outcome,
            entry.KeyId,
            entry.KeyName,
            entry.Target,
            entry.ClientAddress,
            entry.UserAgent,
            entry.RequestId,
            entry.TraceId,
            entry.Reason,
            entry.Server
        );
    }
}

/// <summary>A page of the audit log, newest first.</summary>
/// <param name="Entries">The entries.</param>
/// <param name="NextCursor">The <c>cursor</c> of the next page; left out on the last one.</param>
internal sealed record AuditListResponse(IReadOnlyList<AuditEntryResponse> Entries, string? NextCursor);

/// <summary>The number of entries by part of time.</summary>
/// <param name="By">The length of a part: <c>hour</c> or <c>day</c>.</param>
/// <param name="Since">The earliest time, included.</param>
/// <param name="Until">The latest time, not included.</param>
/// <param name="Counts">Every part that the range touches, in their order. The first and the last may be cut.</param>
internal sealed record AuditCountsResponse(string By, DateTimeOffset Since, DateTimeOffset Until, IReadOnlyList<AuditCountResponse> Counts)
{
    /// <summary>Returns <paramref name="counts"/> as the API shows them.</summary>
    public static AuditCountsResponse Of(AuditCountQuery query, IEnumerable<AuditCount> counts)
    {
        var byStart = counts.ToDictionary(static count => count.Start);
        return new AuditCountsResponse(
            query.Part.Name,
            query.Since,
            query.Until,
            [
                .. query
                    .Starts()
                    .Select(start => byStart.GetValueOrDefault(start) ?? new AuditCount(start, 0, 0, 0, 0))
                    .Select(static count => new AuditCountResponse(count.Start, count.Success, count.Denied, count.Failure, count.Reads)),
            ]
        );
    }
}

/// <summary>The number of entries in a part of time.</summary>
/// <param name="Start">The start of the part (UTC).</param>
/// <param name="Success">The number of actions that were done.</param>
/// <param name="Denied">The number of actions that were refused.</param>
/// <param name="Failure">The number of actions that were tried, and failed.</param>
/// <param name="Reads">The number of those done that handed out or used a credential: <c>credential.read</c>, <c>credential.version.read</c> and
/// <c>broker.call</c>.</param>
internal sealed record AuditCountResponse(DateTimeOffset Start, long Success, long Denied, long Failure, long Reads);

/// <summary>The JSON form of the bodies of this folder.</summary>
[JsonSerializable(typeof(AuditListResponse))]
[JsonSerializable(typeof(AuditEntryResponse))]
[JsonSerializable(typeof(AuditCountsResponse))]
[JsonSerializable(typeof(AuditReport))]
internal sealed partial class AuditJsonContext : JsonSerializerContext;
