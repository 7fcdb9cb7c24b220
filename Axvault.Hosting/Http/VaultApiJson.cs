using System.Text.Json;
using System.Text.Json.Serialization;

namespace Axvault.Hosting.Http;

/// <summary>The body of <c>POST /keys</c>.</summary>
internal sealed record KeyRequest(string Name, string[] ReadAccess, string[] WriteAccess, string[] GrantAccess);

/// <summary>A new key with its secret. The ToString of a record would print the secret, so this is a class.</summary>
internal sealed class CreatedKey
{
    public required string Id { get; init; }

    public required string Secret { get; init; }
}

/// <summary>The body of <c>PUT /credentials/{name}</c>. It has secrets, so this is a class.</summary>
internal sealed class NewCredential
{
    public required string Type { get; init; }

    public required JsonElement Data { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Agent { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Provider { get; init; }
}

/// <summary>The data of a credential. It has secrets, so this is a class.</summary>
internal sealed class CredentialData
{
    public required JsonElement Data { get; init; }

    public string? Provider { get; init; }
}

/// <summary>A credential without its data.</summary>
internal sealed record Credential(string Name, string Type, string? Agent, string? Provider, DateTimeOffset? ExpiresAt, RefreshState? Refresh)
{
    /// <summary><c>true</c> when the type can be refreshed; otherwise <c>false</c>.</summary>
    public bool IsRefreshable => Type == "oauth-credentials";
}

/// <summary>The result of the last refresh of a credential.</summary>
internal sealed record RefreshState(string Status, string? Error, DateTimeOffset? LastRefreshedAt, DateTimeOffset? NextAttemptAt);

/// <summary>The answer of <c>GET /credentials</c>.</summary>
internal sealed record CredentialList(IReadOnlyList<Credential> Credentials);

/// <summary>The answer of <c>GET /audit/verify</c>: the result, and the place of the first fault.</summary>
internal sealed record AuditVerification(
    bool Valid,
    long? Entries,
    long? Lanes,
    long? LastCheckpoint,
    string? Head,
    string? Fault,
    long? Lane,
    long? Sequence,
    long? Checkpoint,
    string? Detail
);

/// <summary>An issuer with its public keys.</summary>
internal sealed record Issuer([property: JsonPropertyName("issuer")] string Identifier, JsonElement Jwks);

/// <summary>A rule, as far as the commands need it.</summary>
internal sealed record Rule(string Issuer, string Audience, string? Subject)
{
    /// <summary>The further claims, each with its accepted values.</summary>
    public Dictionary<string, string[]>? Claims { get; init; }

    /// <summary>The accepted events.</summary>
    public string[]? Events { get; init; }

    /// <summary>The names that the keys may read.</summary>
    public string[]? ReadAccess { get; init; }
}

/// <summary>A refusal (RFC 9457), with its detail for people.</summary>
internal sealed record Problem(string? Detail);

/// <summary>The JSON of the bodies of the API.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(KeyRequest))]
[JsonSerializable(typeof(CreatedKey))]
[JsonSerializable(typeof(NewCredential))]
[JsonSerializable(typeof(CredentialData))]
[JsonSerializable(typeof(Credential))]
[JsonSerializable(typeof(CredentialList))]
[JsonSerializable(typeof(AuditVerification))]
[JsonSerializable(typeof(Issuer))]
[JsonSerializable(typeof(Rule))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class VaultApiJson : JsonSerializerContext;
