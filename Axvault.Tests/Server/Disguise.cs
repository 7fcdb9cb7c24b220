using System.Net;
using System.Text;
using System.Text.Json;

namespace Axvault.Tests.Server;

/// <summary>The forms in which a secret could lie about without being seen at a glance.</summary>
internal static class Disguise
{
    // Fewer digits are found by chance.
    private const int LeastBase64 = 8;

    /// <summary>The bytes of <paramref name="secret"/> as they are, as hexadecimal digits, as base64 at each offset (standard and URL-safe), reversed, as UTF-16, and escaped for URLs, forms, JSON and HTML.</summary>
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
            // The digits at the ends mix with what stands around the secret; those between do not.
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
