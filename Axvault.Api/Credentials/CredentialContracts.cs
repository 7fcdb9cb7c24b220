using System.Text.Json;
using System.Text.Json.Serialization;
using Axvault.Api.Authorization;
using Axvault.Api.Credentials.Versions;
using Axvault.Api.Http;
using Axvault.Api.Refresh;
using Axvault.Api.Stored;

namespace Axvault.Api.Credentials;

// A class, because the ToString of a record would print the data.
/// <summary>A credential to be stored.</summary>
internal sealed class CredentialRequest
{
    /// <summary>The greatest length of the name of an agent or a provider, in characters.</summary>
    public const int MaxIdentifierLength = 128;

    /// <summary>The greatest length of a name for people, in characters.</summary>
    public const int MaxDisplayNameLength = 256;

    /// <summary>The greatest length of the notes, in characters.</summary>
    public const int MaxNotesLength = 4096;

    /// <summary>
    /// The type. <c>oauth-credentials</c> are an access token with a refresh token, which the server keeps fresh. The other types stay as they are.
    /// </summary>
    public string? Type { get; init; }

    /// <summary>The credential itself: any JSON object of at most 10,000 values, such as an agent's own file. It comes back byte for byte.</summary>
    public JsonElement? Data { get; init; }

    /// <summary>The agent that uses it, such as <c>claude</c> or <c>codex</c>.</summary>
    public string? Agent { get; init; }

    /// <summary>
    /// The provider that issued it, and refreshes it. Agent <c>opencode</c> needs one. For other agents it follows from the agent or the data.
    /// </summary>
    public string? Provider { get; init; }

    /// <summary>The time at which the access token expires, when the data does not say it.</summary>
    public string? ExpiresAt { get; init; }

    /// <summary>A name for people.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Free text, in several lines if needed. It is not encrypted, so it must not hold secrets.</summary>
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
            errors.Text("notes", Notes, MaxNotesLength, multiline: true)
        );
        data = parsed!;
        return errors.Count == 0;
    }
}

/// <summary>A change of what a credential says to people. It needs at least one member.</summary>
internal sealed record AnnotationRequest
{
    /// <summary>A name for people. <c>null</c> removes it.</summary>
    public OptionalText DisplayName { get; init; }

    /// <summary>Free text, in several lines if needed. It is not encrypted, so it must not hold secrets. <c>null</c> removes it.</summary>
    public OptionalText Notes { get; init; }

    /// <summary>Checks every member.</summary>
    public void Validate(FieldErrors errors)
    {
        errors.Text("displayName", DisplayName.Text, CredentialRequest.MaxDisplayNameLength);
        errors.Text("notes", Notes.Text, CredentialRequest.MaxNotesLength, multiline: true);
        if (!DisplayName.IsGiven && !Notes.IsGiven)
        {
            errors.Report("displayName", "or notes must be given");
        }
    }
}

/// <summary>A stored credential, and its times.</summary>
/// <param name="Name">The credential's name.</param>
/// <param name="CreatedAt">The time of the first put.</param>
/// <param name="UpdatedAt">The time of this put.</param>
internal sealed record PutCredentialResponse(string Name, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

// A class, because the ToString of a record would print the data. It serves lists, which have no data, reads, and ordered refreshes.
/// <summary>A credential, without its data.</summary>
internal sealed class CredentialResponse : DescribedResponse
{
    private CredentialResponse(CredentialMetadata metadata, CredentialData? data, bool isReadable = true)
        : base(isReadable ? metadata.Attributes : null)
    {
        Name = metadata.Name.Value;
        CreatedAt = metadata.CreatedAt;
        UpdatedAt = metadata.UpdatedAt;
        Refresh = isReadable ? RefreshResponse.Of(metadata.Refresh) : null;
        Data = data;
    }

    /// <summary>The name.</summary>
    [JsonPropertyOrder(First)]
    public string Name { get; }

    /// <summary>The time of the first put.</summary>
    public DateTimeOffset CreatedAt { get; }

    /// <summary>The time of the last put or refresh.</summary>
    public DateTimeOffset UpdatedAt { get; }

    /// <summary>In a list: the expiry of the access token, which is <c>expiresAt</c> or else the expiry that the data says.</summary>
    public DateTimeOffset? TokenExpiresAt { get; private init; }

    /// <summary>
    /// In a list: <c>true</c> when the vault renews the access token by itself. Otherwise the credential ends at its expiry, unless someone acts. What only one
    /// server sees, such as <c>not_configured</c>, does not count.
    /// </summary>
    public bool? Renewed { get; private init; }

    /// <summary>
    /// In a list: the use that the provider permits, a fact for people. <c>automation</c>: any. <c>personal</c>: by the person who made it, on that person's
    /// machines. <c>restricted</c>: not by other software.
    /// </summary>
    public string? PermittedUse { get; private init; }

    /// <summary>The refreshes since the last put; absent before the first.</summary>
    public RefreshResponse? Refresh { get; }

    /// <summary>With <c>deleted=true</c>: the time of the deletion.</summary>
    public DateTimeOffset? DeletedAt { get; private init; }

    /// <summary>With <c>deleted=true</c>: the time from which it is removed for good.</summary>
    public DateTimeOffset? PurgeAt { get; private init; }

    /// <summary>The outcome of the ordered refresh.</summary>
    public string? Outcome { get; private init; }

    /// <summary>The data exactly as stored, or with fresh tokens in it.</summary>
    public CredentialData? Data { get; }

    /// <summary>Returns <paramref name="metadata"/> as the API shows it, with <paramref name="data"/> if there is any.</summary>
    public static CredentialResponse Of(CredentialMetadata metadata, CredentialData? data = null) => new(metadata, data);

    /// <summary>Returns a credential of a list.</summary>
    public static CredentialResponse OfListed(ReviewedCredential credential)
    {
        var attributes = credential.Metadata.Attributes;
        return new CredentialResponse(credential.Metadata, null)
        {
            TokenExpiresAt = credential.Expiry,
            Renewed = credential.IsRenewed,
            PermittedUse = Client.PermittedUse.Of(attributes.Provider ?? attributes.Agent, attributes.Type.Value).Name,
        };
    }

    /// <summary>Returns a changed credential: all of it for a key that may read it, otherwise only its name and times, as the answer to a put.</summary>
    /// <param name="metadata">The credential after the change.</param>
    /// <param name="caller">The key that made the change.</param>
    /// <param name="outcome">The outcome of an ordered refresh.</param>
    public static CredentialResponse OfChange(CredentialMetadata metadata, Caller caller, string? outcome = null) =>
        new(metadata, null, caller.Scope.Read.Covers(metadata.Name)) { Outcome = outcome };

    /// <summary>Returns a deleted credential as it was last.</summary>
    public static CredentialResponse OfDeleted(CredentialVersion version) =>
        new(version.Metadata, null) { DeletedAt = version.DeletedAt, PurgeAt = version.PurgeAt };
}

/// <summary>The refreshes of a credential since the last put.</summary>
/// <param name="Status"><c>ok</c>: the last refresh succeeded. <c>retrying</c>: it failed and is tried again. <c>unknown</c>: the provider may have spent the
/// refresh token, or (<c>unknown_expiry</c>) nothing says when the access token expires. <c>failed</c>: a new login and a
/// put are needed. <c>not_configured</c>: the server does not know the provider, or lacks its settings. <c>misconfigured</c>: the
/// provider refuses the client, or agent, provider and data contradict each other.</param>
/// <param name="FailedAt">The time of the last failure.</param>
/// <param name="Error">The code of the last failure, such as <c>invalid_grant</c>, <c>http_503</c> or <c>timed_out</c>.</param>
/// <param name="Attempts">The number of failed refreshes since the last success.</param>
/// <param name="LastRefreshedAt">The time of the last successful refresh.</param>
/// <param name="NextAttemptAt">The earliest time of the next attempt.</param>
/// <param name="UnreadableAnswer"><c>true</c> when an answer of the provider is kept that could not be read, and may hold new tokens.</param>
internal sealed record RefreshResponse(
    string Status,
    DateTimeOffset? FailedAt,
    string? Error,
    int Attempts,
    DateTimeOffset? LastRefreshedAt,
    DateTimeOffset? NextAttemptAt,
    bool? UnreadableAnswer
)
{
    /// <summary>Returns <paramref name="state"/> as the API shows it; <see langword="null"/> before the first refresh has ended.</summary>
    public static RefreshResponse? Of(RefreshState state) =>
        state.Status is null
            ? null
            : new RefreshResponse(
                state.Status.Value,
                state.FailedAt,
                state.Error,
                state.Attempts,
                state.LastRefreshedAt,
                state.NextAttemptAt,
                state.HasUnreadAnswer ? true : null
            );
}

// A class, because the ToString of a record would print the body.
/// <summary>An answer of a provider that could not be read.</summary>
internal sealed class UnreadableAnswerResponse
{
    /// <summary>The name of the credential.</summary>
    public required string Name { get; init; }

    /// <summary>The time of the request.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>The HTTP status of the answer.</summary>
    public required int Status { get; init; }

    /// <summary>The content type of the answer.</summary>
    public string? ContentType { get; init; }

    /// <summary>The content codings of the answer, such as <c>gzip</c>.</summary>
    public string? ContentEncoding { get; init; }

    /// <summary>The body as it came, at most 1 MiB, in base64.</summary>
    public required byte[] Body { get; init; }
}

/// <summary>A page of credentials.</summary>
/// <param name="Credentials">The credentials, in byte order of their names or as <c>sort</c> says.</param>
/// <param name="NextCursor">The <c>cursor</c> of the next page; left out on the last one.</param>
internal sealed record CredentialListResponse(IReadOnlyList<CredentialResponse> Credentials, string? NextCursor);

/// <summary>The JSON form of the bodies of this folder.</summary>
[JsonSerializable(typeof(CredentialRequest))]
[JsonSerializable(typeof(AnnotationRequest))]
[JsonSerializable(typeof(PutCredentialResponse))]
[JsonSerializable(typeof(CredentialResponse))]
[JsonSerializable(typeof(CredentialListResponse))]
[JsonSerializable(typeof(UnreadableAnswerResponse))]
internal sealed partial class CredentialJsonContext : JsonSerializerContext;
