using System.Text.Json.Serialization;
using Axvault.Api.Audit.Chain;
using Axvault.Api.Audit.Verification;

namespace Axvault.Api.Audit;

/// <summary>An entry of the audit log, as the API shows it.</summary>
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
/// <param name="NextCursor">Goes on after them; absent on the last page.</param>
internal sealed record AuditListResponse(IReadOnlyList<AuditEntryResponse> Entries, string? NextCursor);

/// <summary>How the bodies of this folder are written.</summary>
[JsonSerializable(typeof(AuditListResponse))]
[JsonSerializable(typeof(AuditEntryResponse))]
[JsonSerializable(typeof(AuditReport))]
internal sealed partial class AuditJsonContext : JsonSerializerContext;
