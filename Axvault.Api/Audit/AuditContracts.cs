using System.Text.Json.Serialization;
using Axvault.Api.Audit.Chain;
using Axvault.Api.Audit.Verification;

namespace Axvault.Api.Audit;

/// <summary>An entry of the audit log.</summary>
/// <param name="Sequence">The number of the entry: 1, 2, 3… without gaps.</param>
/// <param name="At">When it was written, by the database's clock.</param>
/// <param name="Action">What was done, or asked for.</param>
/// <param name="Outcome"><c>success</c>: it was done. <c>denied</c>: it was refused. <c>failure</c>: it was tried, and failed.</param>
/// <param name="KeyId">The id of the key that it was done with.</param>
/// <param name="KeyName">The name of that key, as it was then.</param>
/// <param name="Target">The name of the credential, or the id of the key, that it touched.</param>
/// <param name="ClientAddress">The client's address; that of the client behind a trusted proxy.</param>
/// <param name="UserAgent">The client's user agent.</param>
/// <param name="RequestId">The id of the request.</param>
/// <param name="TraceId">The id of the trace (W3C Trace Context).</param>
/// <param name="Reason">Why it was refused or failed, or what else there is to say.</param>
/// <param name="Server">The server that wrote it.</param>
internal sealed record AuditEntryResponse(
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
    string Server)
{
    /// <summary>Shows <paramref name="chained"/>.</summary>
    public static AuditEntryResponse Of(ChainedEntry chained)
    {
        ArgumentNullException.ThrowIfNull(chained);

        var entry = chained.Entry;
        return new AuditEntryResponse(
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
            entry.Server);
    }
}

/// <summary>A page of the audit log, newest first.</summary>
/// <param name="Entries">The entries.</param>
/// <param name="NextCursor">The <c>cursor</c> of the next page; left out on the last one.</param>
internal sealed record AuditListResponse(IReadOnlyList<AuditEntryResponse> Entries, string? NextCursor);

/// <summary>How the bodies of this folder are written.</summary>
[JsonSerializable(typeof(AuditListResponse))]
[JsonSerializable(typeof(AuditEntryResponse))]
[JsonSerializable(typeof(AuditReport))]
internal sealed partial class AuditJsonContext : JsonSerializerContext;
