using System.Text.Encodings.Web;
using System.Text.Json;

namespace Axvault.Api.Refresh.Shapes;

/// <summary>Writes a text as a JSON string with the fewest escapes, so that a token looks as its agent would write it.</summary>
internal static class JsonText
{
    /// <summary>The string, with its quotes, as UTF-8.</summary>
    public static byte[] Of(string text) =>
        [(byte)'"', .. JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes, (byte)'"'];
}
