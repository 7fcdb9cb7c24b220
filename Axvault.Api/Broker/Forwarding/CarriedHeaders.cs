using System.Collections.Frozen;
using System.Net.Http.Headers;
using Microsoft.Extensions.Primitives;

namespace Axvault.Api.Broker.Forwarding;

/// <summary>The headers that do not pass between client and upstream. All others pass as they are.</summary>
internal static class CarriedHeaders
{
    // Carriers of a credential, the way of the request to this server, what belongs to this hop, and what some servers take for another method or path.
    private static readonly FrozenSet<string> FromClient = FrozenSet.ToFrozenSet(
        [
            "Authorization",
            "x-api-key",
            "x-goog-api-key",
            "api-key",
            "Cookie",
            "Cookie2",
            "Forwarded",
            "X-Forwarded",
            "Via",
            "Origin",
            "Referer",
            "X-Real-IP",
            "X-Client-IP",
            "True-Client-IP",
            "CDN-Loop",
            "Expect",
            "TE",
            "Keep-Alive",
            "Accept-Encoding",
            "Sec-WebSocket-Extensions",
            "chatgpt-account-id",
            "traceparent",
            "tracestate",
            "baggage",
            "X-Content-Length",
        ],
        StringComparer.OrdinalIgnoreCase
    );

    private static readonly string[] FromClientPrefixes =
    [
        "Proxy-",
        "X-Forwarded-",
        "CF-Connecting-",
        "X-HTTP-Method",
        "X-Method-Override",
        "X-Original-",
        "X-Rewrite-",
    ];

    // The framework has a collection of their own for these, and refuses them in the other one.
    private static readonly FrozenSet<string> OfContent = FrozenSet.ToFrozenSet(
        [
            "Allow",
            "Content-Disposition",
            "Content-Encoding",
            "Content-Language",
            "Content-Length",
            "Content-Location",
            "Content-MD5",
            "Content-Range",
            "Content-Type",
            "Expires",
            "Last-Modified",
        ],
        StringComparer.OrdinalIgnoreCase
    );

    // The account behind the credential, ways to another place, and rules for this server's own name.
    private static readonly FrozenSet<string> FromUpstream = FrozenSet.ToFrozenSet(
        [
            "Set-Cookie",
            "anthropic-organization-id",
            "openai-organization",
            "openai-project",
            "chatgpt-account-id",
            "WWW-Authenticate",
            "Location",
            "Content-Location",
            "Refresh",
            "Alt-Svc",
            "Server",
            "Strict-Transport-Security",
            "Clear-Site-Data",
            "Report-To",
            "NEL",
            "Reporting-Endpoints",
            "Trailer",
            "Sec-WebSocket-Extensions",
        ],
        StringComparer.OrdinalIgnoreCase
    );

    private static readonly string[] FromUpstreamPrefixes = ["Proxy-", "Access-Control-", "anthropic-ratelimit-", "x-ratelimit-"];

    // OpenAI's browser clients send a key as a sub-protocol, and others a token.
    private static readonly string[] TokenProtocols = ["openai-insecure-api-key", "sk-", "axv_sk_", "eyJ", "bearer"];

    /// <summary>Removes what a client may not send, and puts the credential on the request.</summary>
    public static void Prepare(HttpRequest from, HttpRequestMessage to, CallPlan plan)
    {
        var headers = to.Headers;
        var hop = NamesIn(from.Headers.Connection);
        foreach (var name in from.Headers.Keys.Where(name => hop.Contains(name, StringComparer.OrdinalIgnoreCase) || IsWithheld(name, plan.Upstream.Header)))
        {
            Remove(to, name);
        }

        var protocols = NamesIn(from.Headers.SecWebSocketProtocol);
        if (protocols.RemoveAll(static protocol => TokenProtocols.Any(token => protocol.StartsWith(token, StringComparison.OrdinalIgnoreCase))) > 0)
        {
            headers.Remove("Sec-WebSocket-Protocol");
            if (protocols.Count > 0)
            {
                headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", string.Join(", ", protocols));
            }
        }

        // The use of tokens is read from the answer on its way, so the answer must not be compressed.
        headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        headers.TryAddWithoutValidation(
            plan.Upstream.Header,
            plan.Upstream.Prefix.Length == 0 ? plan.Reveal() : $"{plan.Upstream.Prefix} {plan.Reveal()}"
        );
        if (plan.Account is { } account)
        {
            headers.TryAddWithoutValidation("chatgpt-account-id", account);
        }
    }

    /// <summary>Removes what an upstream may not send to a client.</summary>
    /// <param name="headers">The headers or trailers of the answer.</param>
    /// <param name="connection">The headers that belong to the hop between upstream and server (RFC 9110 §7.6.1).</param>
    public static void Clean(IHeaderDictionary headers, IEnumerable<string> connection)
    {
        var withheld = headers.Keys.Where(static name => FromUpstream.Contains(name) || HasPrefix(name, FromUpstreamPrefixes));
        foreach (var name in withheld.Concat(connection).ToList())
        {
            headers.Remove(name);
        }
    }

    // Servers that speak CGI or WSGI read an underscore and a hyphen alike.
    private static bool IsWithheld(string name, string carrier)
    {
        var plain = name.Replace('_', '-');
        return FromClient.Contains(plain) || HasPrefix(plain, FromClientPrefixes) || plain.Equals(carrier, StringComparison.OrdinalIgnoreCase);
    }

    private static void Remove(HttpRequestMessage request, string name)
    {
        if (!OfContent.Contains(name))
        {
            request.Headers.Remove(name);
        }
        else
        {
            request.Content?.Headers.Remove(name);
        }
    }

    private static List<string> NamesIn(StringValues lists) => [.. lists.SelectMany(static list => list?.Split(',', StringSplitOptions.TrimEntries) ?? [])];

    private static bool HasPrefix(string name, string[] prefixes) => prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
}
