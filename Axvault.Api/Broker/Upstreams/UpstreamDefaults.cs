namespace Axvault.Api.Broker.Upstreams;

/// <summary>The upstreams that are known without configuration. A setting can replace each part of them.</summary>
internal static class UpstreamDefaults
{
    /// <summary>The upstream of Anthropic's API keys.</summary>
    public const string Anthropic = "anthropic";

    /// <summary>The upstream of Anthropic's tokens: setup tokens and workload identity.</summary>
    public const string AnthropicToken = "anthropic_token";

    /// <summary>The upstream of logins to Claude.ai.</summary>
    public const string AnthropicLogin = "anthropic_login";

    /// <summary>The upstream of OpenAI's API keys and tokens of workloads.</summary>
    public const string OpenAI = "openai";

    /// <summary>The upstream of Codex logins.</summary>
    public const string Codex = "codex";

    /// <summary>The upstream of Gemini's API keys.</summary>
    public const string Gemini = "gemini";

    private static readonly Upstream AnthropicApi = new()
    {
        Name = Anthropic,
        Url = new Uri("https://api.anthropic.com"),
        Header = "x-api-key",
        Prefix = "",
        Paths = Of("POST /v1/messages", "POST /v1/messages/count_tokens", "GET /v1/models", "GET /v1/models/*"),
    };

    private static readonly Upstream AnthropicTokenApi = AnthropicApi with
    {
        Name = AnthropicToken,
        Header = "Authorization",
        Prefix = "Bearer",
    };

    /// <summary>Every default.</summary>
    public static readonly IReadOnlyList<Upstream> All =
    [
        AnthropicApi,
        AnthropicTokenApi,
        AnthropicTokenApi with { Name = AnthropicLogin },
        new()
        {
            Name = OpenAI,
            Url = new Uri("https://api.openai.com/v1"),
            Base = "/v1",
            Paths = Of(
                "POST /responses",
                "WEBSOCKET /responses",
                "POST /responses/compact",
                "POST /chat/completions",
                "POST /embeddings",
                "GET /models",
                "GET /models/*"
            ),
        },
        new()
        {
            Name = Codex,
            Url = new Uri("https://chatgpt.com/backend-api/codex"),
            Base = "/v1",
            Paths = Of("POST /responses", "POST /responses/compact", "GET /models"),
            CarriesAccount = true,
        },
        new()
        {
            Name = Gemini,
            Url = new Uri("https://generativelanguage.googleapis.com"),
            Header = "x-goog-api-key",
            Prefix = "",
            Paths = Of("POST /v1beta/models/*", "GET /v1beta/models", "GET /v1beta/models/*"),
        },
    ];

    private static AllowedPath[] Of(params string[] texts) =>
        [.. texts.Select(static text => AllowedPath.TryParse(text, out var path) ? path : throw new FormatException(text))];
}
