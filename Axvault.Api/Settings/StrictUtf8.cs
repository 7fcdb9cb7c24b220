using System.Text;

namespace Axvault.Api.Settings;

/// <summary>The UTF-8 encoding that refuses invalid bytes and lone surrogates.</summary>
internal static class StrictUtf8
{
    /// <summary>The encoding. It is safe for concurrent use and writes no byte order mark.</summary>
    /// <remarks>A lenient decoder replaces every invalid byte by the same character. A key file of random bytes would become guessable.</remarks>
    public static readonly UTF8Encoding Encoding = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
