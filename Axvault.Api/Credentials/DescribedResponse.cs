using System.Text.Json.Serialization;
using Axvault.Api.Stored;

namespace Axvault.Api.Credentials;

/// <summary>The attributes of a credential or of a kept version of one, as the API shows them.</summary>
/// <param name="attributes">The attributes; <see langword="null"/> for a key that may not read them.</param>
internal abstract class DescribedResponse(CredentialAttributes? attributes)
{
    /// <summary>The place of the name or id in the JSON, before the attributes.</summary>
    protected const int First = -2;

    private const int Attribute = -1;

    /// <summary>The memory of the texts, in bytes.</summary>
    [JsonIgnore]
    public long Bytes { get; } = sizeof(char) * (long)((attributes?.Notes?.Length ?? 0) + (attributes?.DisplayName?.Length ?? 0));

    /// <summary>The type. Absent, as the other attributes, in the answer to a change by a key without read access.</summary>
    [JsonPropertyOrder(Attribute)]
    public string? Type { get; } = attributes?.Type.Value;

    /// <summary>The agent that uses it.</summary>
    [JsonPropertyOrder(Attribute)]
    public string? Agent { get; } = attributes?.Agent;

    /// <summary>The provider that issued it.</summary>
    [JsonPropertyOrder(Attribute)]
    public string? Provider { get; } = attributes?.Provider;

    /// <summary>A name for people.</summary>
    [JsonPropertyOrder(Attribute)]
    public string? DisplayName { get; } = attributes?.DisplayName;

    /// <summary>Free text.</summary>
    [JsonPropertyOrder(Attribute)]
    public string? Notes { get; } = attributes?.Notes;

    /// <summary>The time at which the access token expires.</summary>
    [JsonPropertyOrder(Attribute)]
    public DateTimeOffset? ExpiresAt { get; } = attributes?.ExpiresAt;
}
