using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;
using Axvault.Api.Keys;
using Microsoft.Extensions.Primitives;

namespace Axvault.Api.Authentication;

/// <summary>Reads <c>Authorization: Bearer axv_sk_…</c> (RFC 6750 §2.1).</summary>
internal static class BearerToken
{
    /// <summary>
    /// Reads the secret of a key. Returns <see langword="false"/> when the header is repeated, has another scheme, or holds no such secret.
    /// </summary>
    public static bool TryRead(StringValues header, [NotNullWhen(true)] out ApiKeySecret? secret)
    {
        secret = null;
        return header.Count == 1
            && AuthenticationHeaderValue.TryParse(header[0], out var value)
            && value.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)
            && ApiKeySecret.TryParse(value.Parameter, out secret);
    }
}
