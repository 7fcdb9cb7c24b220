using System.Globalization;
using System.Text;
using System.Text.Json;
using Axvault.Api.Http;

namespace Axvault.Api.Refresh.Shapes;

/// <summary>A field with the expiry of an access token.</summary>
/// <param name="Name">The member's name.</param>
/// <param name="Unit">The unit of its value.</param>
internal sealed record ExpiryField(string Name, ExpiryUnit Unit)
{
    // In seconds this is the year 5138, in milliseconds the year 1973. No token is near either.
    private const double LeastMilliseconds = 1e11;
    private const double MostMilliseconds = 253_402_300_799_999; // the end of the year 9999

    /// <summary>Reads <paramref name="value"/>. Returns <see langword="null"/> for 0, a negative value, one out of range, or another type.</summary>
    /// <param name="value">The JSON of the field.</param>
    /// <param name="issuedAt">The time at which the token was issued, if known.</param>
    public DateTimeOffset? Read(ReadOnlySpan<byte> value, DateTimeOffset issuedAt)
    {
        var text = Text(value);
        if (text is not null && Unit == ExpiryUnit.EpochOrText && Timestamp.TryParse(text, out var time))
        {
            return time;
        }

        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !(number > 0))
        {
            return null;
        }

        var milliseconds = Unit switch
        {
            ExpiryUnit.SecondsFromIssue => issuedAt.ToUnixTimeMilliseconds() + (number * 1000),
            ExpiryUnit.EpochOrText when number < LeastMilliseconds => number * 1000,
            _ => number,
        };
        return milliseconds <= MostMilliseconds ? DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds) : null;
    }

    /// <summary>Returns the JSON of <paramref name="expiresAt"/>, in the unit and the type of <paramref name="old"/>.</summary>
    public byte[] Write(ReadOnlySpan<byte> old, DateTimeOffset expiresAt, DateTimeOffset issuedAt)
    {
        var text = Text(old);
        var number = Unit switch
        {
            ExpiryUnit.SecondsFromIssue => (long)Math.Round((expiresAt - issuedAt).TotalSeconds),
            ExpiryUnit.EpochOrText when !IsMilliseconds(text) => expiresAt.ToUnixTimeSeconds(),
            _ => expiresAt.ToUnixTimeMilliseconds(),
        };
        var written =
            Unit == ExpiryUnit.EpochOrText && text is not null && Timestamp.TryParse(text, out _)
                ? Like(text, expiresAt)
                : number.ToString(CultureInfo.InvariantCulture);
        return Encoding.ASCII.GetBytes(old is [(byte)'"', ..] ? $"\"{written}\"" : written);
    }

    private static bool IsMilliseconds(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= LeastMilliseconds;

    // Keep a fraction of a second where there was one.
    private static string Like(string old, DateTimeOffset time) =>
        old.Contains('.', StringComparison.Ordinal)
            ? Timestamp.ToText(time)
            : time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string? Text(ReadOnlySpan<byte> value)
    {
        var reader = new Utf8JsonReader(value);
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.Number => Encoding.ASCII.GetString(value),
            JsonTokenType.String => JsonMap.TextOf(ref reader),
            _ => null,
        };
    }
}
