using System.Text.Json;
using System.Text.Json.Serialization;
using Axvault.Api.Http;
using Axvault.Api.Refresh;

namespace Axvault.Api.Credentials;

/// <summary>The body of <c>PUT /credentials/{name}</c>. A class, so that no record's ToString prints the data.</summary>
internal sealed class CredentialRequest
{
    private const int MaxIdentifierLength = 128;
    private const int MaxDisplayNameLength = 256;
    private const int MaxNotesLength = 4096;

    public string? Type { get; init; }

    public JsonElement? Data { get; init; }

    public string? Agent { get; init; }

    public string? Provider { get; init; }

    public string? ExpiresAt { get; init; }

    public string? DisplayName { get; init; }

    public string? Notes { get; init; }

    /// <summary>Checks every member.</summary>
    public bool TryValidate(FieldErrors errors, out CredentialAttributes attributes, out CredentialData data)
    {
        if (!CredentialType.TryParse(Type, out var type))
        {
            errors.Report("type", CredentialType.Rule);
        }

        if (!CredentialData.TryCreate(Data, out var parsed))
        {
            errors.Report("data", CredentialData.Rule);
        }

        DateTimeOffset expiresAt = default;
        if (ExpiresAt is not null && !Timestamp.TryParse(ExpiresAt, out expiresAt))
        {
            errors.Report("expiresAt", Timestamp.Rule);
        }

        attributes = new CredentialAttributes(
            type!,
            errors.Text("agent", Agent, MaxIdentifierLength),
            errors.Text("provider", Provider, MaxIdentifierLength, required: Agent == "opencode"),
            ExpiresAt is null ? null : expiresAt,
            errors.Text("displayName", DisplayName, MaxDisplayNameLength),
            errors.Text("notes", Notes, MaxNotesLength, multiline: true));
        data = parsed!;
        return errors.Count == 0;
    }
}

/// <summary>The answer to a put.</summary>
internal sealed record PutCredentialResponse(string Name, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>A credential: in a list without its data, fetched by itself with it. A class, so that no record's ToString prints the data.</summary>
internal sealed class CredentialResponse
{
    public required string Name { get; init; }

    public required string Type { get; init; }

    public string? Agent { get; init; }

    public string? Provider { get; init; }

    public string? DisplayName { get; init; }

    public string? Notes { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>What came of the refreshes since the last put; left out before the first.</summary>
    public RefreshResponse? Refresh { get; init; }

    /// <summary>What came of the refresh that was ordered; left out elsewhere.</summary>
    public string? Outcome { get; init; }

    /// <summary>The data exactly as it is stored; left out in lists.</summary>
    public CredentialData? Data { get; init; }

    /// <summary>Shows <paramref name="metadata"/>, and <paramref name="data"/> where there is any.</summary>
    public static CredentialResponse Of(CredentialMetadata metadata, CredentialData? data = null) => Of(metadata, data, null);

    /// <summary>Shows <paramref name="metadata"/>, and what came of an ordered refresh.</summary>
    public static CredentialResponse OfRefresh(CredentialMetadata metadata, string outcome) => Of(metadata, null, outcome);

    private static CredentialResponse Of(CredentialMetadata metadata, CredentialData? data, string? outcome) => new()
    {
        Name = metadata.Name.Value,
        Type = metadata.Attributes.Type.Value,
        Agent = metadata.Attributes.Agent,
        Provider = metadata.Attributes.Provider,
        DisplayName = metadata.Attributes.DisplayName,
        Notes = metadata.Attributes.Notes,
        ExpiresAt = metadata.Attributes.ExpiresAt,
        CreatedAt = metadata.CreatedAt,
        UpdatedAt = metadata.UpdatedAt,
        Refresh = RefreshResponse.Of(metadata.Refresh),
        Outcome = outcome,
        Data = data,
    };
}

/// <summary>What came of the refreshes of a credential since the last put.</summary>
internal sealed record RefreshResponse(
    string Status, DateTimeOffset? FailedAt, string? Error, int Attempts, DateTimeOffset? LastRefreshedAt, DateTimeOffset? NextAttemptAt)
{
    /// <summary>Shows <paramref name="state"/>; <see langword="null"/> before the first refresh has ended.</summary>
    public static RefreshResponse? Of(RefreshState state) => state.Status is null
        ? null
        : new RefreshResponse(state.Status.Value, state.FailedAt, state.Error, state.Attempts, state.LastRefreshedAt, state.NextAttemptAt);
}

/// <summary>A page of credentials; <see cref="NextCursor"/> is left out on the last one.</summary>
internal sealed record CredentialListResponse(IReadOnlyList<CredentialResponse> Credentials, string? NextCursor);

/// <summary>How the bodies of this folder are read and written.</summary>
[JsonSerializable(typeof(CredentialRequest))]
[JsonSerializable(typeof(PutCredentialResponse))]
[JsonSerializable(typeof(CredentialResponse))]
[JsonSerializable(typeof(CredentialListResponse))]
internal sealed partial class CredentialJsonContext : JsonSerializerContext;
