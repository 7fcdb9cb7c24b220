using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Axvault.Api.Federation.KeySets;

/// <summary>The URLs that this server fetches for an issuer: https, or http to a loopback host that the operator allows.</summary>
internal static class IssuerUrl
{
    /// <summary>The rule, in words for an error message.</summary>
    public const string Rule = "must be an https URL of at most 512 characters, without user and fragment";

    private const int MaxLength = 512;

    /// <summary>Reads a URL that follows the rule.</summary>
    public static bool TryParse(string? text, FederationOptions options, [NotNullWhen(true)] out Uri? url) =>
        Uri.TryCreate(text?.Length <= MaxLength ? text : null, UriKind.Absolute, out url)
        && url is { UserInfo: "", Fragment: "" }
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && IsLoopback(url) && options.PrivateHosts.Contains(url.IdnHost)));

    /// <summary>Returns <see langword="true"/> when the host of <paramref name="url"/> is this machine; otherwise <see langword="false"/>.</summary>
    public static bool IsLoopback(Uri url) => url.IsLoopback || (IPAddress.TryParse(url.IdnHost, out var address) && IPAddress.IsLoopback(address));
}
