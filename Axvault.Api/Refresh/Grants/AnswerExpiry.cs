using System.Globalization;
using System.Text.Json;
using System.Xml;

namespace Axvault.Api.Refresh.Grants;

/// <summary>
/// Reads how long a token lives, from a number or a text: a lifetime in seconds, an ISO 8601 duration, seconds or milliseconds since the Unix epoch, or an
/// ISO 8601 time. The value tells which it is, whatever the member is called.
/// </summary>
internal static class AnswerExpiry
{
    // A longer lifetime is a mistake, and would not fit a time. It is cut, because a guess instead of it could be too long as well as too short.
    private static readonly TimeSpan MostLifetime = TimeSpan.FromDays(3650);

    // Thirty years. A greater number of seconds is a point in time, and an earlier time is none: clients in Go write 0001-01-01 for a time that is not set.
    private const double LeastEpoch = 1e9;
    private const double LeastMilliseconds = 1e11;
    private const double MostMilliseconds = 253_402_300_799_999; // the end of the year 9999

    private static readonly string[] Names = ["expires_in", "expires_at", "expires_on", "expires", "expiry", "expiry_date", "expiration"];

    /// <summary>Returns the shortest lifetime and the earliest expiry of the access token that <paramref name="parent"/> says.</summary>
    public static (TimeSpan? Lifetime, DateTimeOffset? Time) OfAccessToken(JsonElement parent)
    {
        var said = Names.Select(name => Read(AnswerMembers.Find(parent, name))).ToList();
        return (said.Min(static expiry => expiry.Lifetime), said.Min(static expiry => expiry.Time));
    }

    /// <summary>Returns the lifetime of the refresh token that <paramref name="parent"/> says.</summary>
    public static TimeSpan? OfRefreshToken(JsonElement parent) => Read(AnswerMembers.Find(parent, "refresh_token_expires_in")).Lifetime;

    private static (TimeSpan? Lifetime, DateTimeOffset? Time) Read(JsonElement? value)
    {
        var text = value switch
        {
            { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
            { ValueKind: JsonValueKind.String } said => AnswerMembers.Text(said)?.Trim(),
            _ => null,
        };
        if (text is not { Length: > 0 } || !(char.IsAsciiDigit(text[0]) || text[0] is '.' or 'P'))
        {
            return default;
        }

        // 3600s: a duration in the JSON form of Protocol Buffers.
        if (double.TryParse(text[^1] == 's' ? text[..^1] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
        {
            return Number(seconds);
        }

        return text[0] == 'P' ? (Duration(text), null)
            : text.Contains('-', StringComparison.Ordinal)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            && time.ToUnixTimeSeconds() >= LeastEpoch
                ? (null, time)
            : default;
    }

    private static (TimeSpan? Lifetime, DateTimeOffset? Time) Number(double number) =>
        !(number > 0) ? default
        : double.IsPositiveInfinity(number) ? (MostLifetime, null)
        : number < LeastEpoch ? (TimeSpan.FromSeconds(Math.Min(number, MostLifetime.TotalSeconds)), null)
        : (null, DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(number < LeastMilliseconds ? number * 1000 : number, MostMilliseconds)));

    private static TimeSpan? Duration(string text)
    {
        try
        {
            var duration = XmlConvert.ToTimeSpan(text);
            return duration <= TimeSpan.Zero ? null
                : duration < MostLifetime ? duration
                : MostLifetime;
        }
        catch (Exception exception) when (exception is FormatException or OverflowException)
        {
            return null;
        }
    }
}
