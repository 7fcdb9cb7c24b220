using System.Net;
using Axvault.Api.Settings;

namespace Axvault.Api.Database;

/// <summary>The text of a connection URI: its separators and its percent-encoding.</summary>
internal static class DatabaseUrlText
{
    /// <summary>Cuts <paramref name="text"/> at the first <paramref name="separator"/>; without one, all of it is before the cut.</summary>
    public static (string Before, string After) Cut(string text, char separator) =>
        text.IndexOf(separator, StringComparison.Ordinal) is >= 0 and var at ? (text[..at], text[(at + 1)..]) : (text, "");

    /// <summary>
    /// Undoes the percent-encoding of RFC 3986 §2.1 as strictly as libpq: two hexadecimal digits and never NUL. The result is UTF-8, which the driver sends.
    /// </summary>
    /// <param name="text">The encoded text.</param>
    /// <param name="where">The name of the text's place, for an error message.</param>
    /// <exception cref="DatabaseUrlException">The encoding is broken.</exception>
    public static string Decode(string text, string where)
    {
        for (var i = text.IndexOf('%', StringComparison.Ordinal); i >= 0; i = text.IndexOf('%', i + 1))
        {
            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
            {
                throw new DatabaseUrlException($"{where} has a broken percent-encoding (write % as %25)");
            }
        }

        try
        {
            // A plus sign means a space only in a form, so it is kept here.
            var encoded = StrictUtf8.Encoding.GetBytes(text.Replace("+", "%2B", StringComparison.Ordinal));
            var decoded = StrictUtf8.Encoding.GetString(WebUtility.UrlDecodeToBytes(encoded, 0, encoded.Length));
            return decoded.Contains('\0', StringComparison.Ordinal) ? throw new DatabaseUrlException($"{where} has a NUL in it") : decoded;
        }
        catch (ArgumentException)
        {
            throw new DatabaseUrlException($"{where} is not UTF-8");
        }
    }
}
