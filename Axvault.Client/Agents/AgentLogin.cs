using System.Text.Json;

namespace Axvault.Client.Agents;

/// <summary>A login that was found in an agent's file, as it is to be stored.</summary>
internal sealed class AgentLogin
{
    private AgentLogin(Agent agent, string type, string kind, JsonElement data) => (Agent, Type, Kind, Data) = (agent, type, kind, data);

    /// <summary>The agent.</summary>
    public Agent Agent { get; }

    /// <summary>The type of the credential.</summary>
    public string Type { get; }

    /// <summary>The kind of login, for people.</summary>
    public string Kind { get; }

    /// <summary>The provider, where the agent needs one; <see langword="null"/> otherwise.</summary>
    public string? Provider { get; private init; }

    /// <summary>The account, for people; <see langword="null"/> when the file does not tell.</summary>
    public string? Account { get; private init; }

    /// <summary>The data to be stored. It is a secret.</summary>
    public JsonElement Data { get; }

    /// <summary>The expiry of the access token; <see langword="null"/> when the file does not tell.</summary>
    public DateTimeOffset? ExpiresAt => AgentShape.FindExpiry(AgentShape.FindLogin(Data, Provider));

    /// <summary><see langword="true"/> when the login has a refresh token; otherwise <see langword="false"/>.</summary>
    public bool HasRefreshToken => Type == CredentialTypes.OAuthCredentials && AgentShape.FindRefreshToken(AgentShape.FindLogin(Data, Provider)) is not null;

    /// <summary>The use that the provider permits.</summary>
    public PermittedUse Permission => PermittedUse.Of(Agent.Issuer ?? Provider, Type);

    /// <summary>Returns the login of <paramref name="file"/>.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="file">The content of its file.</param>
    /// <param name="provider">The entry to take, for an agent with logins of several providers; <see langword="null"/> for the only one.</param>
    /// <exception cref="AxvaultException">The file holds no login, or several.</exception>
    public static AgentLogin Of(Agent agent, JsonElement file, string? provider) =>
        agent.Name switch
        {
            "claude" => OfClaude(agent, file),
            "codex" => OfCodex(agent, file),
            "opencode" => OfOpenCode(agent, file, provider),
            _ => OfFlat(agent, file),
        };

    /// <summary>Returns the logins of <paramref name="file"/>, whose agent its members tell; empty when they tell none, or it holds no login.</summary>
    public static IReadOnlyList<AgentLogin> Recognize(JsonElement file)
    {
        if (FindAgent(file) is not { } agent)
        {
            return [];
        }

        string?[] providers = agent == Agent.OpenCode ? [.. OpenCodeEntries(file).Select(static entry => entry.Name)] : [null];
        return [.. providers.Select(provider => TryOf(agent, file, provider)).OfType<AgentLogin>()];
    }

    private static AgentLogin? TryOf(Agent agent, JsonElement file, string? provider)
    {
        try
        {
            return Of(agent, file, provider);
        }
        catch (AxvaultException)
        {
            return null;
        }
    }

    private static Agent? FindAgent(JsonElement file) =>
        file.ValueKind != JsonValueKind.Object ? null
        : IsObject(file, "claudeAiOauth") ? Agent.Claude
        : IsObject(file, "tokens") || AgentShape.FindText(file, "OPENAI_API_KEY", "personal_access_token") is not null ? Agent.Codex
        // The files of Gemini CLI, Qwen Code and others look alike, and a refresh token may go to its own issuer only. So they are told apart by people.
        : OpenCodeEntries(file).Any() ? Agent.OpenCode
        : null;

    private static IEnumerable<JsonProperty> OpenCodeEntries(JsonElement file) =>
        file.EnumerateObject().Where(static entry => AgentShape.FindText(entry.Value, "type") is "oauth" or "api");

    private static bool IsObject(JsonElement file, string name) => file.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Object;

    // Tokens of MCP servers stand beside it. They are other logins, and stay where they are.
    private static AgentLogin OfClaude(Agent agent, JsonElement file)
    {
        var login = AgentShape.FindLogin(file, null);
        if (AgentShape.FindText(login, "accessToken") is null)
        {
            throw None(agent);
        }

        var plan = AgentShape.FindText(login, "subscriptionType");
        return new AgentLogin(agent, CredentialTypes.OAuthCredentials, "Claude login", JsonOf("claudeAiOauth", login))
        {
            Account = plan is null ? null : $"a subscription of type {plan}",
        };
    }

    private static AgentLogin OfCodex(Agent agent, JsonElement file)
    {
        if (AgentShape.FindText(file, "personal_access_token") is { } personal)
        {
            return new AgentLogin(agent, CredentialTypes.OAuthToken, "Codex access token", JsonOf("accessToken", personal));
        }

        if (file.TryGetProperty("tokens", out var tokens) && AgentShape.FindText(tokens, "access_token") is not null)
        {
            return new AgentLogin(agent, CredentialTypes.OAuthCredentials, "ChatGPT login", file) { Account = AccountOf(tokens) };
        }

        return AgentShape.FindText(file, "OPENAI_API_KEY") is { } key
            ? new AgentLogin(agent, CredentialTypes.ApiKey, "API key of OpenAI", JsonOf("apiKey", key))
            : throw None(agent);
    }

    private static AgentLogin OfOpenCode(Agent agent, JsonElement file, string? provider)
    {
        var entries = file.EnumerateObject().Where(entry => provider is null || entry.Name == provider).ToList();
        if (entries is not [var only])
        {
            var names = string.Join(", ", file.EnumerateObject().Select(static entry => entry.Name));
            throw entries.Count == 0 && provider is null
                ? None(agent)
                : new AxvaultException(AxvaultError.NotFound, $"OpenCode has logins of: {names}. Name one of them: --provider NAME.");
        }

        if (AgentShape.FindText(only.Value, "key") is { } key)
        {
            return new AgentLogin(agent, CredentialTypes.ApiKey, $"API key of {only.Name}", JsonOf("apiKey", key)) { Provider = only.Name };
        }

        return AgentShape.FindText(only.Value, "access") is null
            ? throw None(agent)
            : new AgentLogin(agent, CredentialTypes.OAuthCredentials, $"login of {only.Name}", only.Value.Clone()) { Provider = only.Name };
    }

    private static AgentLogin OfFlat(Agent agent, JsonElement file) =>
        AgentShape.FindText(file, "access_token") is null
            ? throw None(agent)
            : new AgentLogin(agent, CredentialTypes.OAuthCredentials, $"{agent.Title} login", file) { Account = AccountOf(file) };

    private static string? AccountOf(JsonElement tokens) =>
        AgentShape.FindText(tokens, "id_token") is { } token && AgentShape.FindClaims(token) is { } claims ? AgentShape.FindText(claims, "email", "sub") : null;

    private static JsonElement JsonOf(string name, JsonElement value) => JsonOf(name, writer => value.WriteTo(writer));

    private static JsonElement JsonOf(string name, string value) => JsonOf(name, writer => writer.WriteStringValue(value));

    private static JsonElement JsonOf(string name, Action<Utf8JsonWriter> write)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WritePropertyName(name);
            write(writer);
            writer.WriteEndObject();
        }

        using var document = JsonDocument.Parse(json.ToArray());
        return document.RootElement.Clone();
    }

    private static AxvaultException None(Agent agent) =>
        new(AxvaultError.NotFound, $"The file of {agent.Title} holds no login. Log in first: {agent.LoginCommand}.");
}
