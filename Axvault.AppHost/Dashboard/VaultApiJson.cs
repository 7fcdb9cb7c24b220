using System.Text.Json.Serialization;

namespace Axvault.AppHost.Dashboard;

/// <summary>The body of <c>POST /keys</c>.</summary>
internal sealed record KeyRequest(string Name, string[] ReadAccess, string[] WriteAccess, string[] GrantAccess);

/// <summary>A new key, of which only this answer has the secret. A class, so that no record's ToString prints it.</summary>
internal sealed class CreatedKey
{
    public required string Id { get; init; }

    public required string Secret { get; init; }
}

/// <summary>A credential without its data.</summary>
internal sealed record Credential(string Name, string Type, string? Agent, string? Provider, DateTimeOffset? ExpiresAt, RefreshState? Refresh)
{
    /// <summary>Whether it is of the type that can be refreshed.</summary>
    public bool IsRefreshable => Type == "oauth-credentials";
}

/// <summary>What came of the refreshes of a credential.</summary>
internal sealed record RefreshState(string Status, string? Error, DateTimeOffset? LastRefreshedAt, DateTimeOffset? NextAttemptAt);

/// <summary>The answer of <c>GET /credentials</c>.</summary>
internal sealed record CredentialList(IReadOnlyList<Credential> Credentials);

/// <summary>The answer of <c>GET /audit/verify</c>: what was found, and where the chain breaks when it does.</summary>
internal sealed record AuditVerification(bool Valid, long? Entries, long? FirstSequence, long? LastSequence, string? Head, string? Fault, long? Sequence, string? Detail);

/// <summary>A refusal (RFC 9457), of which the detail is for people.</summary>
internal sealed record Problem(string? Detail);

/// <summary>How the bodies of the API are read and written here.</summary>
[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(KeyRequest))]
[JsonSerializable(typeof(CreatedKey))]
[JsonSerializable(typeof(Credential))]
[JsonSerializable(typeof(CredentialList))]
[JsonSerializable(typeof(AuditVerification))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class VaultApiJson : JsonSerializerContext;
