using System.Text.Json.Serialization;

namespace Axvault.Api.Credentials.Versions;

// A class, so that no record's ToString prints the data. One for lists, where data is left out, and for reads.
/// <summary>A kept state of a credential, without its data.</summary>
internal sealed class VersionResponse
{
    /// <summary>Its id, the same whenever it is kept.</summary>
    public required string Version { get; init; }

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

    /// <summary>When it became current.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was replaced, or deleted.</summary>
    public required DateTimeOffset ReplacedAt { get; init; }

    /// <summary>When the credential was deleted with it.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>From when on it is removed for good.</summary>
    public DateTimeOffset? PurgeAt { get; init; }

    /// <summary>What came of its refreshes; one that was under way when it was replaced may still be added.</summary>
    public RefreshResponse? Refresh { get; init; }

    /// <summary>The data, with the newest tokens that there were.</summary>
    public CredentialData? Data { get; init; }

    /// <summary>Shows <paramref name="version"/>, and <paramref name="data"/> where there is any.</summary>
    public static VersionResponse Of(CredentialVersion version, TimeSpan retention, CredentialData? data = null)
    {
        ArgumentNullException.ThrowIfNull(version);

        var attributes = version.Metadata.Attributes;
        return new VersionResponse
        {
            Version = VersionId.ToText(version.Id),
            Type = attributes.Type.Value,
            Agent = attributes.Agent,
            Provider = attributes.Provider,
            DisplayName = attributes.DisplayName,
            Notes = attributes.Notes,
            ExpiresAt = attributes.ExpiresAt,
            CreatedAt = version.CurrentSince,
            ReplacedAt = version.ReplacedAt,
            DeletedAt = version.DeletedAt,
            PurgeAt = version.DeletedAt + retention,
            Refresh = RefreshResponse.Of(version.Metadata.Refresh),
            Data = data,
        };
    }
}

/// <summary>The kept states of a credential.</summary>
/// <param name="Versions">The states, the one that was replaced last first.</param>
internal sealed record VersionListResponse(IReadOnlyList<VersionResponse> Versions);

/// <summary>How the bodies of this folder are written.</summary>
[JsonSerializable(typeof(VersionResponse))]
[JsonSerializable(typeof(VersionListResponse))]
internal sealed partial class VersionJsonContext : JsonSerializerContext;
