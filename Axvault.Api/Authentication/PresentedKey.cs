using System.Diagnostics.CodeAnalysis;
using Axvault.Api.Keys;

namespace Axvault.Api.Authentication;

/// <summary>The API key of a request: of a session, in <c>Authorization</c>, or for some calls in the carriers of agents.</summary>
internal static class PresentedKey
{
    private const string Parameter = "key";

    private static readonly string[] AgentHeaders = ["x-api-key", "x-goog-api-key"];

    /// <summary>Returns <see langword="true"/> when a carrier is there, valid or not; otherwise <see langword="false"/>.</summary>
    public static bool IsIn(HttpContext context)
    {
        var request = context.Request;
        return context.Features.Get<SessionKey>() is not null
            || request.Headers.Authorization.Count > 0
            || (TakesAgentCarriers(context) && (AgentHeaders.Any(request.Headers.ContainsKey) || request.Query.ContainsKey(Parameter)));
    }

    /// <summary>
    /// Reads the SHA-256 of a key's secret. Returns <see langword="false"/> when a carrier is repeated or holds no such secret, or when two carriers differ.
    /// </summary>
    public static bool TryRead(HttpContext context, [NotNullWhen(true)] out byte[]? hash)
    {
        hash = context.Features.Get<SessionKey>()?.Hash ?? (TryReadSecret(context, out var secret) ? secret.Hash() : null);
        return hash is not null;
    }

    private static bool TryReadSecret(HttpContext context, [NotNullWhen(true)] out ApiKeySecret? secret)
    {
        var headers = context.Request.Headers;
        if (!TakesAgentCarriers(context))
        {
            return BearerToken.TryRead(headers.Authorization, out secret);
        }

        secret = null;
        string?[] others =
        [
            .. AgentHeaders.SelectMany(name => headers[name]),
            .. context.Request.Query[Parameter],
        ];
        if (AgentHeaders.Any(name => headers[name].Count > 1))
        {
            return false;
        }

        if (headers.Authorization.Count > 0 && !BearerToken.TryRead(headers.Authorization, out secret))
        {
            return false;
        }

        var first = secret?.Reveal() ?? others.FirstOrDefault();
        return others.All(other => other == first) && (secret is not null || ApiKeySecret.TryParse(first, out secret));
    }

    private static bool TakesAgentCarriers(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<AgentCarriers>() is not null;
}

/// <summary>Marks calls that take the key in any carrier in which an agent sends the key of its provider.</summary>
internal sealed class AgentCarriers
{
    /// <summary>The mark.</summary>
    public static readonly AgentCarriers Instance = new();

    private AgentCarriers() { }
}
