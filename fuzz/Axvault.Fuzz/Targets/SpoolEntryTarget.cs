using System.Text.Json;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh.Spool;

namespace Axvault.Fuzz.Targets;

/// <summary>Files of the spool as somebody who writes the disk could leave them: one that is none is told by the exceptions that the spool expects.</summary>
internal sealed class SpoolEntryTarget : FuzzTarget
{
    /// <inheritdoc />
    public override string Name => "spool-entry";

    /// <inheritdoc />
    public override IReadOnlyList<string> Tokens => ["\"RowId\":", "\"Name\":", "\"Version\":", "\"Envelope\":", "\"IssuedAt\":", "\"ExpiresAt\":", "\"LifetimeSeconds\":", "null", "\"AQ==\"", "\"2026-01-15T10:30:00Z\"", "0197f3a0-0000-7000-8000-000000000001"];

    /// <inheritdoc />
    public override void Run(ReadOnlySpan<byte> input)
    {
        try
        {
            if (JsonSerializer.Deserialize(input, SpoolJsonContext.Default.SpoolEntry)?.Unwrap() is { } refreshed)
            {
                Envelope.FindFault(FuzzKeys.Ring, refreshed.Envelope);
                var again = JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(SpoolEntry.Of(refreshed), SpoolJsonContext.Default.SpoolEntry), SpoolJsonContext.Default.SpoolEntry)!.Unwrap();
                Holds((again.RowId, again.Name, again.Version, again.IssuedAt, again.ExpiresAt) == (refreshed.RowId, refreshed.Name, refreshed.Version, refreshed.IssuedAt, refreshed.ExpiresAt), "what is kept is read again");
            }
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            // It is left alone.
        }
    }
}
