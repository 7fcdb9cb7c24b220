using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Axvault.Api.Http;

/// <summary>Times as the API speaks them: <c>2026-01-15T10:30:00.000Z</c>, always UTC, always milliseconds.</summary>
internal static partial class Timestamp
{
    /// <summary>The rule for a time that a client gives, in words for an error message.</summary>
    public const string Rule = "must be a time of RFC 3339, such as 2026-01-15T10:30:00.000Z";

    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>Reads a time of RFC 3339 with any offset; what is finer than a millisecond is cut off.</summary>
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        time = default;
        return Rfc3339().Match(text) is { Success: true, Groups: var part }
            && DateTimeOffset.TryParse(
                $"{part["seconds"]}.{part["milliseconds"].Value.PadRight(3, '0')}{part["offset"]}",
                CultureInfo.InvariantCulture,
                DateTimeStyles.AdjustToUniversal,
                out time);
    }

    /// <summary>Writes <paramref name="time"/>.</summary>
    public static string ToText(DateTimeOffset time) => time.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"^(?<seconds>[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2})(\.(?<milliseconds>[0-9]{1,3})[0-9]{0,6})?(?<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})\z",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Rfc3339();
}

/// <summary>Writes times in the API's format. Bodies that are read hold times as text, which <see cref="Timestamp.TryParse"/> checks.</summary>
internal sealed class TimestampConverter : JsonConverter<DateTimeOffset>
{
    /// <inheritdoc />
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Timestamp.TryParse(reader.GetString() ?? "", out var time) ? time : throw new JsonException();

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(Timestamp.ToText(value));
}
