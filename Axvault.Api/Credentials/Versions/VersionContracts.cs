using System.Text.Json.Serialization;
using Axvault.Api.Stored;

namespace Axvault.Api.Credentials.Versions;

// A class, because the ToString of a record would print the data. It serves lists, which have no data, and reads.
/// <summary>A kept version of a credential, without its data.</summary>
internal sealed class VersionResponse : DescribedResponse
{
    private VersionResponse(CredentialVersion version, CredentialData? data)
        : base(version.Metadata.Attributes)
    {
        Version = VersionId.ToText(version.Id);
        CreatedAt = version.CurrentSince;
        ReplacedAt = version.ReplacedAt;
        DeletedAt = version.DeletedAt;
        PurgeAt = version.PurgeAt;
        Refresh = RefreshResponse.Of(version.Metadata.Refresh);
        Data = data;
    }

    /// <summary>The id. It stays the same.</summary>
    [JsonPropertyOrder(First)]
    public string Version { get; }

    /// <summary>The time at which it became current.</summary>
    public DateTimeOffset CreatedAt { get; }

    /// <summary>The time at which it was replaced or deleted.</summary>
    public DateTimeOffset ReplacedAt { get; }

    /// <summary>The time of the credential's deletion.</summary>
    public DateTimeOffset? DeletedAt { get; }

    /// <summary>The time from which it is removed for good.</summary>
    public DateTimeOffset? PurgeAt { get; }

    /// <summary>Its refreshes. One that was running when it was replaced may still be added.</summary>
    public RefreshResponse? Refresh { get; }

    /// <summary>The data, with its newest tokens.</summary>
    public CredentialData? Data { get; }

    /// <summary>Returns <paramref name="version"/> as the API shows it, with <paramref name="data"/> if there is any.</summary>
    public static VersionResponse Of(CredentialVersion version, CredentialData? data = null) => new(version, data);
}

/// <summary>The kept versions of a credential.</summary>
/// <param name="Versions">The versions, the last replaced one first.</param>
internal sealed record VersionListResponse(IReadOnlyList<VersionResponse> Versions);

/// <summary>The JSON form of the bodies of this folder.</summary>
[JsonSerializable(typeof(VersionResponse))]
[JsonSerializable(typeof(VersionListResponse))]
internal sealed partial class VersionJsonContext : JsonSerializerContext;
