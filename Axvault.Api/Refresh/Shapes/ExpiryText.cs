using System.Globalization;
using System.Text.RegularExpressions;

namespace Axvault.Api.Refresh.Shapes;

/// <summary>Times as text, in the forms of ISO 8601 that agents write. A new time is written in the form of the old one.</summary>
internal static partial class ExpiryText
{
    /// <summary>Reads a time. Without a zone it is UTC. Digits below a millisecond are cut off.</summary>
    public static bool TryRead(string text, out DateTimeOffset time)
    {
        time = default;
        var parts = Form().Match(text);
        if (
            !parts.Success
            || !DateTime.TryParseExact(
                $"{parts.Groups["date"]} {parts.Groups["time"]}{(parts.Groups["seconds"].Success ? parts.Groups["seconds"] : ":00")}",
                "yyyy-MM-dd HH:mm:ss",
                CultureInfo.InvariantCulture,
                DateTimeStyles.None,
                out var local
            )
        )
        {
            return false;
        }

        var digits = parts.Groups["digits"].Value;
        var milliseconds = digits.Length == 0 ? 0 : int.Parse(digits.PadRight(3, '0')[..3], CultureInfo.InvariantCulture);
        var offset = Offset(parts);
        var utc = local.Ticks + (milliseconds * TimeSpan.TicksPerMillisecond) - offset.Ticks;
        if (offset.Duration() > TimeSpan.FromHours(14) || utc < DateTime.MinValue.Ticks || utc > DateTime.MaxValue.Ticks)
        {
            return false;
        }

        time = new DateTimeOffset(utc, TimeSpan.Zero);
        return true;
    }

    /// <summary>Returns <paramref name="time"/> with the separators, the zone and the precision of <paramref name="old"/>, a text that can be read.</summary>
    public static string Like(string old, DateTimeOffset time)
    {
        var parts = Form().Match(old);
        var local = time.ToOffset(Offset(parts));
        var digits = parts.Groups["digits"].Length;
        var fraction = (local.Ticks % TimeSpan.TicksPerSecond).ToString("D7", CultureInfo.InvariantCulture).PadRight(digits, '0')[..digits];
        return string.Concat(
            local.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            parts.Groups["separator"].Value,
            local.ToString(parts.Groups["seconds"].Success ? "HH:mm:ss" : "HH:mm", CultureInfo.InvariantCulture),
            $"{parts.Groups["point"].Value}{fraction}{parts.Groups["zone"].Value}"
        );
    }

    private static TimeSpan Offset(Match parts)
    {
        if (!parts.Groups["hours"].Success)
        {
            return TimeSpan.Zero;
        }

        var minutes = parts.Groups["minutes"].Success ? int.Parse(parts.Groups["minutes"].ValueSpan, CultureInfo.InvariantCulture) : 0;
        var offset = new TimeSpan(int.Parse(parts.Groups["hours"].ValueSpan, CultureInfo.InvariantCulture), minutes, 0);
        return parts.Groups["sign"].Value == "-" ? -offset : offset;
    }

    [GeneratedRegex(
        @"^(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})(?<separator>[Tt ])(?<time>[0-9]{2}:[0-9]{2})(?<seconds>:[0-9]{2})?((?<point>[.,])(?<digits>[0-9]{1,9}))?"
            + @"(?<zone>[Zz]| ?UTC| ?(?<sign>[+-])(?<hours>[0-9]{2})(:?(?<minutes>[0-9]{2}))?)?\z",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex Form();
}
