using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Axvault.Api.Refresh.Shapes;

/// <summary>A field with the expiry of an access token, or with the time from which its lifetime counts.</summary>
/// <param name="Name">The member's name.</param>
/// <param name="Unit">The unit of its value.</param>
internal sealed record ExpiryField(string Name, ExpiryUnit Unit)
{
    // In seconds this is the year 5138, in milliseconds the year 1973. No token is near either.
    private const double LeastMilliseconds = 1e11;
    private const double MostMilliseconds = 253_402_300_799_999; // the end of the year 9999
    private const int MostDecimals = 9;

    /// <summary>
    /// Returns <see langword="true"/> when a new time can be written in the form of <paramref name="value"/>; otherwise <see langword="false"/>. Null, an empty
    /// text and a number out of range are places without a time.
    /// </summary>
    public bool IsUnderstood(ReadOnlySpan<byte> value)
    {
        var text = Text(value);
        return value.SequenceEqual("null"u8)
            || text is { Length: 0 }
            || double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            || IsTime(text);
    }

    /// <summary>
    /// Reads <paramref name="value"/>. Returns <see langword="null"/> for a value that is no time after 1970, or out of range.
    /// </summary>
    /// <param name="value">The JSON of the field.</param>
    /// <param name="issuedAt">The time at which the token was issued, if known.</param>
    public DateTimeOffset? Read(ReadOnlySpan<byte> value, DateTimeOffset issuedAt)
    {
        var text = Text(value);
        if (IsTime(text))
        {
            // Clients in Go write 0001-01-01 for a time that is not set.
            return ExpiryText.TryRead(text, out var time) && time > DateTimeOffset.UnixEpoch ? time : null;
        }

        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !(number > 0))
        {
            return null;
        }

        var milliseconds = Unit switch
        {
            ExpiryUnit.SecondsFromIssue => issuedAt.ToUnixTimeMilliseconds() + (number * 1000),
            _ when number < LeastMilliseconds => number * 1000,
            _ => number,
        };
        return milliseconds <= MostMilliseconds ? DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds) : null;
    }

    /// <summary>Returns the JSON of <paramref name="expiresAt"/>, in the unit, the type and the precision of <paramref name="old"/>.</summary>
    public byte[] Write(ReadOnlySpan<byte> old, DateTimeOffset expiresAt, DateTimeOffset issuedAt)
    {
        var text = Text(old);
        var written =
            IsTime(text) ? ExpiryText.Like(text, expiresAt)
            : Number(text, expiresAt, issuedAt).ToString($"F{Decimals(text)}", CultureInfo.InvariantCulture);
        return Encoding.ASCII.GetBytes(old is [(byte)'"', ..] ? $"\"{written}\"" : written);
    }

    private bool IsTime([NotNullWhen(true)] string? text) => Unit != ExpiryUnit.SecondsFromIssue && text is not null && ExpiryText.TryRead(text, out _);

    private decimal Number(string? old, DateTimeOffset expiresAt, DateTimeOffset issuedAt)
    {
        if (Unit == ExpiryUnit.SecondsFromIssue)
        {
            return Math.Round((decimal)(expiresAt - issuedAt).TotalSeconds);
        }

        var isKnown = double.TryParse(old, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0;
        var isMilliseconds = isKnown ? number >= LeastMilliseconds : Unit == ExpiryUnit.EpochMilliseconds;
        return isMilliseconds ? expiresAt.ToUnixTimeMilliseconds() : expiresAt.ToUnixTimeSeconds();
    }

    // A float stays a float.
    private static int Decimals(string? old)
    {
        var point = old?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        return point < 0 || old!.Contains('e', StringComparison.OrdinalIgnoreCase) ? 0 : Math.Min(old.Length - point - 1, MostDecimals);
    }

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
