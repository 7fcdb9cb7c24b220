using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Axvault.Api.Refresh.Grants;

/// <summary>A token response in the form <c>application/x-www-form-urlencoded</c>, as some providers send it.</summary>
internal static class FormAnswer
{
    private static readonly SearchValues<char> NoForm = SearchValues.Create("<>{}[]\" \t");

    /// <summary>Returns the pairs of <paramref name="body"/> as a JSON object; <see langword="null"/> when it is no form.</summary>
    public static byte[]? ToJson(ReadOnlySpan<byte> body)
    {
        var text = Encoding.UTF8.GetString(body).Trim();
        if (!text.Contains('=') || text.AsSpan().ContainsAny(NoForm) || text.Any(char.IsControl))
        {
            return null;
        }

        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            foreach (var pair in text.Split('&', StringSplitOptions.RemoveEmptyEntries))
            {
                var end = pair.IndexOf('=');
                writer.WriteString(WebUtility.UrlDecode(end < 0 ? pair : pair[..end]), end < 0 ? "" : WebUtility.UrlDecode(pair[(end + 1)..]));
            }

            writer.WriteEndObject();
        }

        return json.ToArray();
    }
}
