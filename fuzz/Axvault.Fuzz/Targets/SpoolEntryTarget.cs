using System.Text.Json;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh.Spool;

namespace Axvault.Fuzz.Targets;

/// <summary>Spool files as an attacker with access to the disk could leave them. An invalid one fails with the exceptions that the spool expects.</summary>
internal sealed class SpoolEntryTarget : FuzzTarget
{
    /// <inheritdoc />
    public override string Name => "spool-entry";

    /// <inheritdoc />
    public override IReadOnlyList<string> Tokens =>
        [
            "\"VersionId\":",
            "\"Name\":",
            "\"Revision\":",
            "\"Envelope\":",
            "\"IssuedAt\":",
            "\"ExpiresAt\":",
            "\"LifetimeSeconds\":",
            "\"Mac\":",
            "null",
            "\"AQ==\"",
            "\"2026-01-15T10:30:00Z\"",
            "0197f3a0-0000-7000-8000-000000000001",
        ];

    /// <inheritdoc />
    public override void Run(ReadOnlySpan<byte> input)
    {
        try
        {
            if (SpoolEntry.Parse(input).Unwrap() is { } refreshed)
            {
                Envelope.FindFault(FuzzKeys.Ring, refreshed.Envelope);
                var again = JsonSerializer
                    .Deserialize(
                        JsonSerializer.SerializeToUtf8Bytes(SpoolEntry.Of(refreshed, "vault", new byte[32]), SpoolJsonContext.Default.SpoolEntry),
                        SpoolJsonContext.Default.SpoolEntry
                    )!
                    .Unwrap();
                Holds(
                    (again.VersionId, again.Name, again.Revision, again.IssuedAt, again.ExpiresAt)
                        == (refreshed.VersionId, refreshed.Name, refreshed.Revision, refreshed.IssuedAt, refreshed.ExpiresAt),
                    "a kept entry is read back"
                );
            }
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            // The spool leaves such a file alone.
        }
    }
}
