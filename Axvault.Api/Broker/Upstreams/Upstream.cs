namespace Axvault.Api.Broker.Upstreams;

/// <summary>The API of a provider to which the broker forwards calls with one kind of credential.</summary>
internal sealed record Upstream
{
    /// <summary>The name, as it stands in settings and metrics, in lower case.</summary>
    public required string Name { get; init; }

    /// <summary>The URL that the path of a call is added to, without a slash at its end.</summary>
    public required Uri Url { get; init; }

    /// <summary>The header that carries the credential.</summary>
    public string Header { get; init; } = "Authorization";

    /// <summary>The text before the credential in the header, such as <c>Bearer</c>; empty for none.</summary>
    public string Prefix { get; init; } = "Bearer";

    /// <summary>The first part of a client's path that <see cref="Url"/> already has. It is cut off when it is there. Empty for none.</summary>
    public string Base { get; init; } = "";

    /// <summary>The methods and paths that are allowed. Everything else is refused.</summary>
    public required IReadOnlyList<AllowedPath> Paths { get; init; }

    /// <summary><see langword="true"/> when calls carry the account of a ChatGPT login in a header; otherwise <see langword="false"/>.</summary>
    public bool CarriesAccount { get; init; }

    /// <summary><see langword="true"/> for the upstreams of Anthropic's credentials; otherwise <see langword="false"/>.</summary>
    public bool IsOfAnthropic => Name is UpstreamDefaults.Anthropic or UpstreamDefaults.AnthropicToken or UpstreamDefaults.AnthropicLogin;

    /// <summary>Returns <see langword="true"/> when a call is allowed; otherwise <see langword="false"/>.</summary>
    public bool Allows(string method, string path) => Paths.Any(allowed => allowed.Allows(method, path));

    /// <summary>Returns the path at the upstream for the path of a client.</summary>
    public string PathFor(string path) =>
        Base.Length > 0 && path.StartsWith($"{Base}/", StringComparison.Ordinal) ? path[Base.Length..] : path;
}
