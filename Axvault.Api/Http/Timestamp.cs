using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Axvault.Api.Http;

/// <summary>The times of the API: <c>2026-01-15T10:30:00.000Z</c>, always UTC, always with milliseconds.</summary>
internal static partial class Timestamp
{
    /// <summary>The rule for a time in a request, in words for an error message.</summary>
    public const string Rule = "must be a time of RFC 3339, such as 2026-01-15T10:30:00.000Z";

    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>Reads a time of RFC 3339 with any offset. Digits below a millisecond are cut off.</summary>
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        time = default;
        var parts = Rfc3339().Match(text);

        // Cut before parsing: the parser would round.
        return parts.Success
            && DateTimeOffset.TryParse(
                $"{parts.Groups["seconds"]}{parts.Groups["milliseconds"]}{parts.Groups["offset"]}",
                CultureInfo.InvariantCulture,
                DateTimeStyles.AdjustToUniversal,
                out time
            );
    }

    /// <summary>Returns <paramref name="time"/> as text.</summary>
    public static string ToText(DateTimeOffset time) => time.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"^(?<seconds>[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2})((?<milliseconds>\.[0-9]{1,3})[0-9]{0,6})?"
            + @"(?<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})\z",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex Rfc3339();
}

/// <summary>Writes times in the API's format. Bodies of requests hold times as text, which <see cref="Timestamp.TryParse"/> checks.</summary>
internal sealed class TimestampConverter : JsonConverter<DateTimeOffset>
{
    /// <inheritdoc />
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Timestamp.TryParse(reader.GetString() ?? "", out var time) ? time : throw new JsonException();

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(Timestamp.ToText(value));
}
