using System.Text.Json;
using System.Text.Json.Serialization;
using Axvault.Api.Credentials.Versions;
using Axvault.Api.Http;
using Axvault.Api.Refresh;

namespace Axvault.Api.Credentials;

// A class, so that no record's ToString prints the data.
/// <summary>A credential to be stored.</summary>
internal sealed class CredentialRequest
{
    /// <summary>The greatest length of the name of an agent or a provider, in characters.</summary>
    public const int MaxIdentifierLength = 128;

    /// <summary>The greatest length of a name for people, in characters.</summary>
    public const int MaxDisplayNameLength = 256;

    /// <summary>The greatest length of the notes, in characters.</summary>
    public const int MaxNotesLength = 4096;

    /// <summary>What it is: <c>oauth-credentials</c> are an access token with a refresh token, which the server keeps fresh; the others stay as they are.</summary>
    public string? Type { get; init; }

    /// <summary>The credential itself: any JSON object of at most 10,000 values, such as the file that an agent keeps. It comes back byte for byte.</summary>
    public JsonElement? Data { get; init; }

    /// <summary>The agent that it is for, such as <c>claude</c> or <c>codex</c>.</summary>
    public string? Agent { get; init; }

    /// <summary>The provider that issued it, and refreshes it. Agent <c>opencode</c> needs one; for others it follows from the agent or the data.</summary>
    public string? Provider { get; init; }

    /// <summary>When its access token expires, where the data does not say.</summary>
    public string? ExpiresAt { get; init; }

    /// <summary>A name for people.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Anything else, in several lines if need be. Not encrypted: no place for secrets.</summary>
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

/// <summary>What was stored, and when.</summary>
/// <param name="Name">The credential's name.</param>
/// <param name="CreatedAt">When it was first put.</param>
/// <param name="UpdatedAt">When it was last put: now.</param>
internal sealed record PutCredentialResponse(string Name, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

// A class, so that no record's ToString prints the data. One for lists, where data is left out, for reads, and for ordered refreshes.
/// <summary>A credential, without its data.</summary>
internal sealed class CredentialResponse
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What it is.</summary>
    public required string Type { get; init; }

    /// <summary>The agent that it is for.</summary>
    public string? Agent { get; init; }

    /// <summary>The provider that issued it.</summary>
    public string? Provider { get; init; }

    /// <summary>A name for people.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Anything else.</summary>
    public string? Notes { get; init; }

    /// <summary>When its access token expires.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was first put.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last put, or refreshed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>What came of the refreshes since the last put; left out before the first.</summary>
    public RefreshResponse? Refresh { get; init; }

    /// <summary>With <c>deleted=true</c>: when it was deleted.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>With <c>deleted=true</c>: from when on it is removed for good.</summary>
    public DateTimeOffset? PurgeAt { get; init; }

    /// <summary>What came of the refresh that was ordered.</summary>
    public string? Outcome { get; init; }

    /// <summary>The data exactly as it is stored, or with fresh tokens in it.</summary>
    public CredentialData? Data { get; init; }

    /// <summary>Shows <paramref name="metadata"/>, and <paramref name="data"/> where there is any.</summary>
    public static CredentialResponse Of(CredentialMetadata metadata, CredentialData? data = null) => Of(metadata, data, null);

    /// <summary>Shows <paramref name="metadata"/>, and what came of an ordered refresh.</summary>
    public static CredentialResponse OfRefresh(CredentialMetadata metadata, string outcome) => Of(metadata, null, outcome);

    /// <summary>Shows a credential that was deleted, as it was last.</summary>
    public static CredentialResponse OfDeleted(CredentialVersion version, TimeSpan retention)
    {
        ArgumentNullException.ThrowIfNull(version);

        return Of(version.Metadata, null, null, version.DeletedAt, version.DeletedAt + retention);
    }

    private static CredentialResponse Of(
        CredentialMetadata metadata, CredentialData? data, string? outcome, DateTimeOffset? deletedAt = null, DateTimeOffset? purgeAt = null) => new()
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
            DeletedAt = deletedAt,
            PurgeAt = purgeAt,
            Outcome = outcome,
            Data = data,
        };
}

/// <summary>What came of the refreshes of a credential since the last put.</summary>
/// <param name="Status"><c>ok</c>: the last one succeeded. <c>retrying</c>: it failed, and is tried again. <c>unknown</c>: nobody knows whether the provider took the refresh token. <c>failed</c>: a new login and a put are needed.</param>
/// <param name="FailedAt">When the last failure was.</param>
/// <param name="Error">What it was, as a code, such as <c>invalid_grant</c>, <c>http_503</c> or <c>timed_out</c>.</param>
/// <param name="Attempts">How many refreshes have failed since the last success.</param>
/// <param name="LastRefreshedAt">When the tokens were last refreshed.</param>
/// <param name="NextAttemptAt">Before when nothing is tried again.</param>
internal sealed record RefreshResponse(
    string Status, DateTimeOffset? FailedAt, string? Error, int Attempts, DateTimeOffset? LastRefreshedAt, DateTimeOffset? NextAttemptAt)
{
    /// <summary>Shows <paramref name="state"/>; <see langword="null"/> before the first refresh has ended.</summary>
    public static RefreshResponse? Of(RefreshState state) => state.Status is null
        ? null
        : new RefreshResponse(state.Status.Value, state.FailedAt, state.Error, state.Attempts, state.LastRefreshedAt, state.NextAttemptAt);
}

/// <summary>A page of credentials.</summary>
/// <param name="Credentials">The credentials, in byte order of their names.</param>
/// <param name="NextCursor">The <c>cursor</c> of the next page; left out on the last one.</param>
internal sealed record CredentialListResponse(IReadOnlyList<CredentialResponse> Credentials, string? NextCursor);

/// <summary>How the bodies of this folder are read and written.</summary>
[JsonSerializable(typeof(CredentialRequest))]
[JsonSerializable(typeof(PutCredentialResponse))]
[JsonSerializable(typeof(CredentialResponse))]
[JsonSerializable(typeof(CredentialListResponse))]
internal sealed partial class CredentialJsonContext : JsonSerializerContext;
