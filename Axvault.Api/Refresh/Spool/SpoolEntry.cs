using System.Text.Json.Serialization;
using Axvault.Api.Authorization;

namespace Axvault.Api.Refresh.Spool;

/// <summary>A file of the spool. Its tokens are sealed as in the database, under the same key and bound to the same row.</summary>
internal sealed record SpoolEntry(
    Guid VersionId,
    string Name,
    long Revision,
    byte[] Envelope,
    DateTimeOffset IssuedAt,
    DateTimeOffset ExpiresAt,
    double? LifetimeSeconds,
    byte[][]? RefreshTokenHashes
)
{
    // The span of the calendar.
    private const double MostSeconds = 315_537_897_600;

    /// <summary>Wraps <paramref name="refreshed"/>.</summary>
    public static SpoolEntry Of(RefreshedCredential refreshed)
    {
        return new SpoolEntry(
            refreshed.VersionId,
            refreshed.Name.Value,
            refreshed.Revision,
            refreshed.Envelope,
            refreshed.IssuedAt,
            refreshed.ExpiresAt,
            refreshed.Lifetime?.TotalSeconds,
            refreshed.RefreshTokenHashes
        );
    }

    /// <summary>Returns the wrapped credential.</summary>
    /// <exception cref="FormatException">The file was changed.</exception>
    public RefreshedCredential Unwrap() =>
        new(VersionId, CredentialName.FromStored(Name), Revision, Envelope, IssuedAt, ExpiresAt, Lifetime(), RefreshTokenHashes);

    private TimeSpan? Lifetime() =>
        LifetimeSeconds switch
        {
            null => null,
            > 0 and <= MostSeconds => TimeSpan.FromSeconds(LifetimeSeconds.Value),
            _ => throw new FormatException("A spooled lifetime is invalid."),
        };
}

/// <summary>The JSON form of a file of the spool.</summary>
[JsonSerializable(typeof(SpoolEntry))]
internal sealed partial class SpoolJsonContext : JsonSerializerContext;
