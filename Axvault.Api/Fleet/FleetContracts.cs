using System.Text.Json.Serialization;

namespace Axvault.Api.Fleet;

/// <summary>The servers of the vault.</summary>
/// <param name="Servers">Every server, in the order of their names. One that died is left out after half a minute.</param>
/// <param name="Spool">The number of refreshed tokens in the spool of the answering server, which the database could not take yet.</param>
/// <param name="Audit">The audit log, as the answering server sees it.</param>
/// <param name="Rotation">The change of the encryption key; absent when every row is under the present key.</param>
internal sealed record ServerListResponse(IReadOnlyList<ServerResponse> Servers, long Spool, AuditStateResponse Audit, RotationResponse? Rotation);

/// <summary>A server of the vault.</summary>
/// <param name="Id">The id of the process.</param>
/// <param name="Name">The host and the process.</param>
/// <param name="Version">The version; absent for a version that does not tell it.</param>
/// <param name="PresentSince">The time since which it has reported without a gap.</param>
/// <param name="SeenAt">The time of its last report. A server reports every 5 seconds.</param>
/// <param name="Silent"><c>true</c> when it has not reported for 30 seconds.</param>
/// <param name="This"><c>true</c> for the server that answers.</param>
/// <param name="Kek">The id of the key encryption key that it encrypts with. It is not secret.</param>
/// <param name="Lanes">The number of its open lanes of the audit log.</param>
internal sealed record ServerResponse(
    Guid Id,
    string Name,
    string? Version,
    DateTimeOffset PresentSince,
    DateTimeOffset SeenAt,
    bool Silent,
    bool This,
    string Kek,
    long Lanes
);

/// <summary>The state of the audit log.</summary>
/// <param name="State"><c>ok</c>, or <c>blocked</c> when entries cannot be written. Calls are refused then.</param>
/// <param name="Since">The start of the blockage.</param>
internal sealed record AuditStateResponse(string State, DateTimeOffset? Since)
{
    /// <summary>Entries can be written.</summary>
    public const string Ok = "ok";

    /// <summary>Entries cannot be written.</summary>
    public const string Blocked = "blocked";
}

/// <summary>The change of the encryption key.</summary>
/// <param name="Kek">The id of the key encryption key that all rows are to be under.</param>
/// <param name="Done">The number of rows under it.</param>
/// <param name="Total">The number of all rows.</param>
/// <param name="Unreadable">The number of rows that the last rotation could not open.</param>
/// <param name="Rows">The number of rows under each key, the greatest first.</param>
internal sealed record RotationResponse(string Kek, long Done, long Total, long Unreadable, IReadOnlyList<KekRowsResponse> Rows);

/// <summary>The rows under a key encryption key.</summary>
/// <param name="Kek">The id of the key.</param>
/// <param name="Rows">The number of rows.</param>
internal sealed record KekRowsResponse(string Kek, long Rows);

/// <summary>The JSON form of the bodies of this folder.</summary>
[JsonSerializable(typeof(ServerListResponse))]
internal sealed partial class FleetJsonContext : JsonSerializerContext;
