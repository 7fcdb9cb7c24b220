using System.Net;
using System.Text;
using System.Text.Json;

namespace Axvault.Tests.Harness.Servers;

/// <summary>The forms in which a secret could be stored or sent without being seen at a glance.</summary>
internal static class Disguise
{
    // Shorter texts also occur by chance.
    private const int LeastBase64 = 8;

    /// <summary>
    /// Returns the forms of <paramref name="secret"/>, the plain one first. The next ones are reversed, UTF-16 and hexadecimal. Others are escaped
    /// for URLs, forms, JSON or HTML. The last are base64 at each offset, standard and URL-safe.
    /// </summary>
    public static IEnumerable<byte[]> Of(byte[] secret)
    {
        ArgumentNullException.ThrowIfNull(secret);

        yield return secret;
        yield return [.. secret.Reverse()];
        yield return Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(secret));
        yield return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(secret));
        yield return Encoding.ASCII.GetBytes(Convert.ToHexString(secret));
        var text = Encoding.UTF8.GetString(secret);
        string[] escaped = [Uri.EscapeDataString(text), WebUtility.UrlEncode(text), JsonEncodedText.Encode(text).Value, WebUtility.HtmlEncode(text)];
        foreach (var form in escaped.Where(form => form != text).Distinct(StringComparer.Ordinal))
        {
            yield return Encoding.UTF8.GetBytes(form);
        }

        for (var offset = 0; offset < 3; offset++)
        {
            // The first and last digits depend on the bytes around the secret; the others do not.
            var base64 = Convert.ToBase64String([.. new byte[offset], .. secret]);
            if (base64.Length < LeastBase64 + 8)
            {
                continue;
            }

            var inner = base64[4..^4];
            yield return Encoding.ASCII.GetBytes(inner);
            var urlSafe = inner.Replace('+', '-').Replace('/', '_');
            if (urlSafe != inner)
            {
                yield return Encoding.ASCII.GetBytes(urlSafe);
            }
        }
    }
}
