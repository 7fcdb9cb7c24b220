using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Axvault.Api.Refresh.Providers;

/// <summary>The addresses of providers: https, or http on loopback.</summary>
internal static class ProviderUrl
{
    /// <summary>The rule, in words for an error message.</summary>
    public const string Rule = "expected an https URL, or an http one on loopback, without user or fragment";

    /// <summary>Reads an address. Returns <see langword="false"/> when it breaks the rule.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Uri? url)
    {
        var isUrl =
            Uri.TryCreate(text, UriKind.Absolute, out url)
            && url is { UserInfo: "", Fragment: "" }
            && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && IsLoopback(url)));
        url = isUrl ? url : null;
        return isUrl;
    }

    // Uri.IsLoopback would also accept a name that is only configured to be local.
    private static bool IsLoopback(Uri url) =>
        url.Host == "localhost" || (IPAddress.TryParse(url.DnsSafeHost, out var address) && IPAddress.IsLoopback(address));
}
