using System.Text.Json.Serialization;
using Axvault.Api.Authorization;

namespace Axvault.Api.Refresh.Spool;

/// <summary>A file of the spool. The tokens in it are sealed like those in the database, under the same key and bound to the same row.</summary>
internal sealed record SpoolEntry(
    Guid RowId, string Name, long Version, byte[] Envelope, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt, double? LifetimeSeconds)
{
    // From the first day of the calendar to its last.
    private const double MostSeconds = 315_537_897_600;

    /// <summary>Wraps <paramref name="refreshed"/>.</summary>
    public static SpoolEntry Of(RefreshedCredential refreshed)
    {
        ArgumentNullException.ThrowIfNull(refreshed);

        return new SpoolEntry(
            refreshed.RowId, refreshed.Name.Value, refreshed.Version, refreshed.Envelope, refreshed.IssuedAt, refreshed.ExpiresAt, refreshed.Lifetime?.TotalSeconds);
    }

    /// <summary>What was wrapped.</summary>
    /// <exception cref="FormatException">The file was changed.</exception>
    public RefreshedCredential Unwrap() => new(
        RowId, CredentialName.FromStored(Name), Version, Envelope, IssuedAt, ExpiresAt, Lifetime());

    private TimeSpan? Lifetime() => LifetimeSeconds switch
    {
        null => null,
        > 0 and <= MostSeconds => TimeSpan.FromSeconds(LifetimeSeconds.Value),
        _ => throw new FormatException("A spooled lifetime is none."),
    };
}

/// <summary>How a file of the spool is read and written.</summary>
[JsonSerializable(typeof(SpoolEntry))]
internal sealed partial class SpoolJsonContext : JsonSerializerContext;
