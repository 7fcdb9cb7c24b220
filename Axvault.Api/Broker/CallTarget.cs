using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Axvault.Api.Broker.Upstreams;
using Microsoft.AspNetCore.Http.Features;

namespace Axvault.Api.Broker;

/// <summary>The target of a call below the name of its credential, as the client wrote it. Policy and upstream see the same bytes.</summary>
/// <param name="Method">The method; <see cref="AllowedPath.WebSocket"/> for a websocket.</param>
/// <param name="Path">The path, with a slash at its start and without encoded characters.</param>
/// <param name="Query">The query with its question mark and without the key of the vault; empty for none.</param>
internal sealed partial record CallTarget(string Method, string Path, string Query)
{
    /// <summary>The first part of the path of every call.</summary>
    public const string Root = "/broker/";

    /// <summary>The greatest length of a path and of a query, in characters.</summary>
    private const int MaxLength = 4096;

    // Gemini's key, and the carriers of tokens in a query (RFC 6750 §2.3, and Google's system parameters).
    private static readonly string[] Carriers = ["key", "access_token", "oauth_token"];

    /// <summary>Reads the target. Returns <see langword="false"/> when two servers could read its path in two ways.</summary>
    public static bool TryRead(HttpContext context, string name, [NotNullWhen(true)] out CallTarget? target)
    {
        target = null;
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var prefix = $"{Root}{name}";
        if (!raw.StartsWith(prefix, StringComparison.Ordinal) || raw.Length > MaxLength + prefix.Length)
        {
            return false;
        }

        var rest = raw[prefix.Length..];
        var mark = rest.IndexOf('?', StringComparison.Ordinal);
        var path = mark < 0 ? rest : rest[..mark];
        if (!Plain().IsMatch(path))
        {
            return false;
        }

        target = new CallTarget(MethodOf(context), path, mark < 0 ? "" : WithoutKey(rest[(mark + 1)..]));
        return true;
    }

    /// <summary>Returns the path below the name of the credential, for the choice of a dialect; a slash when there is none.</summary>
    public static string PathBelowName(HttpContext context)
    {
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!raw.StartsWith(Root, StringComparison.Ordinal))
        {
            return "/";
        }

        var slash = raw.IndexOf('/', Root.Length);
        return slash < 0 ? "/" : raw[slash..];
    }

    // A handshake is a GET (RFC 6455 §4.1). The forwarder makes one of any method, so no rule may allow another.
    private static string MethodOf(HttpContext context) =>
        !IsWebSocket(context) ? context.Request.Method
        : HttpMethods.IsGet(context.Request.Method) ? AllowedPath.WebSocket
        : $"{AllowedPath.WebSocket} by {context.Request.Method}";

    private static bool IsWebSocket(HttpContext context) =>
        context.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest == true
        && context.Request.Headers.Upgrade.ToString().Equals("websocket", StringComparison.OrdinalIgnoreCase);

    // The parameters stay byte for byte as they are, but for those that carry a key or a token.
    private static string WithoutKey(string query)
    {
        var kept = query.Split('&').Where(static part => !IsCarrier(part)).ToList();
        return kept.Count == 0 || kept is [""] ? "" : $"?{string.Join('&', kept)}";
    }

    private static bool IsCarrier(string part)
    {
        var equals = part.IndexOf('=', StringComparison.Ordinal);
        var name = Uri.UnescapeDataString((equals < 0 ? part : part[..equals]).Replace('+', ' '));
        return Carriers.Contains(name, StringComparer.OrdinalIgnoreCase);
    }

    // No encoded character, no empty segment and no dot segment, also before a semicolon: some servers drop what follows one.
    [GeneratedRegex(@"\A(?:/(?!\.{1,2}(?:[/;]|\z))[A-Za-z0-9._~!$&'()*+,;=:@-]+)+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();
}
