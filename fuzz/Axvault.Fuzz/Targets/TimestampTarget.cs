using System.Text;
using Axvault.Api.Http;

namespace Axvault.Fuzz.Targets;

/// <summary>Timestamps by RFC 3339. A parsed one is the same when it is written and parsed again, to the millisecond.</summary>
internal sealed class TimestampTarget : FuzzTarget
{
    /// <inheritdoc />
    public override string Name => "timestamp";

    /// <inheritdoc />
    public override IReadOnlyList<string> Tokens =>
        [
            "2026-01-15T10:30:00.000Z",
            "0001-01-01T00:00:00",
            "9999-12-31T23:59:59.999",
            "+14:00",
            "-14:00",
            "+23:59",
            ".123456789",
            "t",
            "z",
            "T24:00:00",
            ":60",
        ];

    /// <inheritdoc />
    public override void Run(ReadOnlySpan<byte> input)
    {
        if (Timestamp.TryParse(Encoding.UTF8.GetString(input), out var time))
        {
            Holds(time.Offset == TimeSpan.Zero && time.Ticks % TimeSpan.TicksPerMillisecond == 0, "a time is in UTC, in whole milliseconds");
            Holds(Timestamp.TryParse(Timestamp.ToText(time), out var again) && again == time, "a written time is read back");
        }
    }
}
