using System.Collections.Frozen;

namespace Axvault.Api.Refresh.Providers;

/// <summary>
/// The providers that are known without configuration. Their endpoints and client ids are published by the agents themselves. A setting can replace each.
/// </summary>
internal static class ProviderDefaults
{
    public static readonly IReadOnlyList<OAuthProvider> All =
    [
        new OAuthProvider
        {
            Name = "anthropic",
            TokenUrl = new Uri("https://platform.claude.com/v1/oauth/token"),
            ClientId = "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
            Encoding = GrantEncoding.Json,
        },
        new OAuthProvider
        {
            Name = "openai",
            TokenUrl = new Uri("https://auth.openai.com/oauth/token"),
            ClientId = "app_EMoamEEZ73f0CkXaXp7hrann",
            Encoding = GrantEncoding.Json,
            UnauthorizedIsFinal = true,
        },
        new OAuthProvider
        {
            Name = "gemini",
            TokenUrl = new Uri("https://oauth2.googleapis.com/token"),
            ClientId = "681255809395-oo8ft2oprdrnp9e3aqf6av3hmdib135j.apps.googleusercontent.com",
            RequiresClientSecret = true,
        },
        new OAuthProvider
        {
            Name = "qwen",
            TokenUrl = new Uri("https://chat.qwen.ai/api/v1/oauth2/token"),
            ClientId = "f0304373b74a44d2b584a3fb70ca9e56",
        },
    ];

    /// <summary>The agents that use tokens of many providers. Their name says nothing about the provider.</summary>
    public static readonly FrozenSet<string> AgentsOfAnyProvider = new[] { "opencode", "open_code" }.ToFrozenSet();

    /// <summary>
    /// Returns <see langword="true"/> when a provider called <paramref name="name"/> is known without configuration; otherwise <see langword="false"/>.
    /// </summary>
    public static bool Has(string name) => All.Any(provider => provider.Name == name);
}
