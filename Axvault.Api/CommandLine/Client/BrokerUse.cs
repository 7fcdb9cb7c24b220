using System.Text.Json.Nodes;
using Axvault.Client;

namespace Axvault.Api.CommandLine.Client;

/// <summary>The settings by which an agent calls its provider through the broker: variables, and for Codex arguments.</summary>
/// <param name="Variables">The variables to set. The key of the vault is among them, and in no argument.</param>
/// <param name="Arguments">The arguments that follow the name of the program.</param>
/// <param name="Removed">The variables that would take the agent around the broker.</param>
internal sealed record BrokerUse(IReadOnlyDictionary<string, string> Variables, IReadOnlyList<string> Arguments, IReadOnlyList<string> Removed)
{
    private const string KeyVariable = "AXVAULT_BROKER_KEY";

    /// <summary>The agents.</summary>
    public static readonly IReadOnlyList<string> Agents = ["claude", "codex", "gemini", "opencode", "qwen", "copilot"];

    /// <summary>Returns the settings of <paramref name="agent"/>, with a key that may use the credential <paramref name="name"/>.</summary>
    /// <exception cref="AxvaultException">The agent is not known, or no key may use the credential.</exception>
    public static async Task<BrokerUse> PrepareAsync(
        AxvaultClient client,
        string? agent,
        string name,
        string? expires,
        CancellationToken cancellationToken
    )
    {
        // The agent is checked before a key is made for it.
        var server = client.Transport.Address;
        Of(agent, server, name, "");
        return Of(agent, server, name, await BrokerKey.FindAsync(client, name, expires, cancellationToken));
    }

    /// <summary>Returns the settings of <paramref name="agent"/>; those of the providers' SDKs when it is <see langword="null"/>.</summary>
    /// <param name="agent">One of <see cref="Agents"/>.</param>
    /// <param name="server">The address of the server.</param>
    /// <param name="name">The credential.</param>
    /// <param name="key">The key that may use it.</param>
    /// <exception cref="AxvaultException">The agent is not known.</exception>
    public static BrokerUse Of(string? agent, Uri server, string name, string key)
    {
        var url = new Uri(server, $"broker/{Uri.EscapeDataString(name)}").AbsoluteUri;
        return agent switch
        {
            "claude" => Claude(url, key),
            "codex" => Codex(url, key),
            "gemini" => Gemini(url, key),
            "opencode" => OpenCode(url, key),
            "qwen" => OpenAI(url, key),
            "copilot" => With([], ("COPILOT_PROVIDER_BASE_URL", $"{url}/v1"), ("COPILOT_PROVIDER_API_KEY", key)),
            null => Join(Claude(url, key), OpenAI(url, key), Gemini(url, key)),
            _ => throw ClientArguments.Wrong($"--agent: expected {string.Join(", ", Agents)}."),
        };
    }

    // The key as a token: with ANTHROPIC_API_KEY, Claude Code would also send it to Anthropic itself.
    private static BrokerUse Claude(string url, string key) =>
        With(
            ["ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"],
            ("ANTHROPIC_BASE_URL", url),
            ("ANTHROPIC_AUTH_TOKEN", key),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
        );

    private static BrokerUse Codex(string url, string key) =>
        With(["CODEX_API_KEY", "CODEX_ACCESS_TOKEN"], (KeyVariable, key)) with
        {
            Arguments =
            [
                "-c",
                "model_provider=\"vault\"",
                "-c",
                $"model_providers.vault={{name=\"Axvault\",base_url=\"{url}/v1\",wire_api=\"responses\",env_key=\"{KeyVariable}\"}}",
            ],
        };

    private static BrokerUse Gemini(string url, string key) =>
        With(
            ["GOOGLE_API_KEY", "GOOGLE_GENAI_USE_GCA", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_CLOUD_ACCESS_TOKEN"],
            ("GOOGLE_GEMINI_BASE_URL", url),
            ("GEMINI_API_KEY", key)
        );

    private static BrokerUse OpenAI(string url, string key) => With([], ("OPENAI_BASE_URL", $"{url}/v1"), ("OPENAI_API_KEY", key));

    // The broker forwards what the credential permits, so every provider of OpenCode may point to it.
    private static BrokerUse OpenCode(string url, string key)
    {
        var providers = new JsonObject();
        foreach (var (provider, version) in new[] { ("anthropic", "v1"), ("openai", "v1"), ("google", "v1beta") })
        {
            providers[provider] = new JsonObject
            {
                ["options"] = new JsonObject { ["baseURL"] = $"{url}/{version}", ["apiKey"] = $"{{env:{KeyVariable}}}" },
            };
        }

        return With([], (KeyVariable, key), ("OPENCODE_CONFIG_CONTENT", new JsonObject { ["provider"] = providers }.ToJsonString()));
    }

    private static BrokerUse With(string[] removed, params (string Name, string Value)[] variables) =>
        new(variables.ToDictionary(static variable => variable.Name, static variable => variable.Value), [], removed);

    private static BrokerUse Join(params BrokerUse[] uses) =>
        new(
            uses.SelectMany(static use => use.Variables).ToDictionary(static variable => variable.Key, static variable => variable.Value),
            [],
            [.. uses.SelectMany(static use => use.Removed)]
        );
}
