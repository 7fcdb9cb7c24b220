using System.Globalization;
using System.Text;
using System.Text.Json;
using Axvault.Api.Http;

namespace Axvault.Api.Refresh.Shapes;

/// <summary>A field that says when an access token expires.</summary>
/// <param name="Name">The member's name.</param>
/// <param name="Unit">How it says it.</param>
internal sealed record ExpiryField(string Name, ExpiryUnit Unit)
{
    // As seconds the year 5138, as milliseconds the year 1973: no token of either kind is near it.
    private const double LeastMilliseconds = 1e11;
    private const double MostMilliseconds = 253_402_300_799_999; // the end of the year 9999

    /// <summary>Reads <paramref name="value"/>, the field's JSON; <see langword="null"/> when it says nothing: 0, negative, out of range, of another type.</summary>
    /// <param name="value">The JSON of the field.</param>
    /// <param name="issuedAt">When the token was issued, as far as is known.</param>
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

    /// <summary>The JSON that says <paramref name="expiresAt"/> in the unit, and as the type, that <paramref name="old"/> has.</summary>
    public byte[] Write(ReadOnlySpan<byte> old, DateTimeOffset expiresAt, DateTimeOffset issuedAt)
    {
        var text = Text(old);
        var number = Unit switch
        {
            ExpiryUnit.SecondsFromIssue => (long)Math.Round((expiresAt - issuedAt).TotalSeconds),
            ExpiryUnit.EpochOrText when !IsMilliseconds(text) => expiresAt.ToUnixTimeSeconds(),
            _ => expiresAt.ToUnixTimeMilliseconds(),
        };
        var written = Unit == ExpiryUnit.EpochOrText && text is not null && Timestamp.TryParse(text, out _) ? Like(text, expiresAt) : number.ToString(CultureInfo.InvariantCulture);
        return Encoding.ASCII.GetBytes(old is [(byte)'"', ..] ? $"\"{written}\"" : written);
    }

    private static bool IsMilliseconds(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= LeastMilliseconds;

    // With a fraction of a second where there was one.
    private static string Like(string old, DateTimeOffset time) =>
        old.Contains('.', StringComparison.Ordinal) ? Timestamp.ToText(time) : time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

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
