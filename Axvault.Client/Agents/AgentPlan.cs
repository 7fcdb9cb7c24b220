using System.Text.Json;
using System.Text.Json.Nodes;

namespace Axvault.Client.Agents;

/// <summary>
/// The login of an agent without a refresh token: variables, or a part of its file. Only members that are named here leave the vault. Removing refresh tokens
/// by name would leave those under names that are not known.
/// </summary>
internal sealed class AgentPlan
{
    private AgentPlan() { }

    /// <summary>The variables; empty when the agent needs none.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; private init; } = new Dictionary<string, string>();

    /// <summary>The members of the agent's file; <see langword="null"/> when variables are enough.</summary>
    public JsonObject? File { get; private init; }

    /// <summary>Returns the login of <paramref name="agent"/> with <paramref name="credential"/>.</summary>
    /// <exception cref="AxvaultException">The agent does not take the credential, or it has expired.</exception>
    public static AgentPlan Of(Agent agent, OpenedCredential credential)
    {
        Check(agent, credential);
        var login = AgentShape.FindLogin(credential.RevealData(), credential.Provider);
        var plan = agent.Name switch
        {
            "claude" => OfClaude(credential, login),
            "codex" => OfCodex(credential, login),
            "gemini" => OfGemini(credential, login),
            "opencode" => OfOpenCode(credential, login),
            _ => OfQwen(credential),
        };
        plan.CheckTexts(credential);
        return plan;
    }

    /// <summary>Returns the file of <paramref name="agent"/> with all that <paramref name="credential"/> holds, its refresh token included.</summary>
    /// <exception cref="AxvaultException">The agent does not take the credential.</exception>
    public static JsonObject WithRefreshToken(Agent agent, OpenedCredential credential)
    {
        Check(agent, credential);
        var data = credential.RevealData();
        var login = AgentShape.FindLogin(data, credential.Provider);
        return agent.Name switch
        {
            "claude" => new JsonObject { ["claudeAiOauth"] = JsonObject.Create(login) },
            "opencode" when credential.Provider is { } provider => new JsonObject { [provider] = JsonObject.Create(login) },
            _ => JsonObject.Create(data)!,
        };
    }

    private static AgentPlan OfClaude(OpenedCredential credential, JsonElement login)
    {
        // Claude Code takes a file without scopes for no login.
        if (
            credential.Type == CredentialTypes.OAuthCredentials
            && AgentShape.FindText(login, "accessToken") is not null
            && login.TryGetProperty("scopes", out var scopes)
            && scopes.ValueKind == JsonValueKind.Array
        )
        {
            var content = Only(login, "accessToken", "expiresAt", "subscriptionType", "rateLimitTier");
            content["scopes"] = new JsonArray(
                [
                    .. scopes
                        .EnumerateArray()
                        .Where(static scope => scope.ValueKind == JsonValueKind.String)
                        .Select(static scope => JsonValue.Create(scope.GetString())),
                ]
            );
            return new AgentPlan { File = new JsonObject { ["claudeAiOauth"] = content } };
        }

        return credential.Type == CredentialTypes.ApiKey ? OfVariable("ANTHROPIC_API_KEY", credential) : OfVariable("CLAUDE_CODE_OAUTH_TOKEN", credential);
    }

    private static AgentPlan OfCodex(OpenedCredential credential, JsonElement login)
    {
        if (credential.Type == CredentialTypes.ApiKey)
        {
            return new AgentPlan { File = new JsonObject { ["auth_mode"] = "apikey", ["OPENAI_API_KEY"] = TokenOf(credential) } };
        }

        if (credential.Type == CredentialTypes.OAuthToken)
        {
            return OfVariable("CODEX_ACCESS_TOKEN", credential);
        }

        if (AgentShape.FindText(login, "access_token") is null || AgentShape.FindText(login, "id_token") is null)
        {
            throw Refuse(credential, "has no access_token with an id_token, and Codex needs both");
        }

        var data = credential.RevealData();
        var file = Only(data, "last_refresh");
        file["auth_mode"] = AgentShape.FindText(data, "auth_mode") == "chatgptAuthTokens" ? "chatgptAuthTokens" : "chatgpt";
        file["tokens"] = Only(login, "id_token", "access_token", "account_id");
        // Codex sends no credential at all when this member is missing.
        file["tokens"]!["refresh_token"] = "";
        return new AgentPlan { File = file };
    }

    private static AgentPlan OfGemini(OpenedCredential credential, JsonElement login)
    {
        if (credential.Type == CredentialTypes.ApiKey)
        {
            return OfVariable("GEMINI_API_KEY", credential);
        }

        if (credential.Type == CredentialTypes.OAuthToken)
        {
            return OfVariable("GOOGLE_CLOUD_ACCESS_TOKEN", credential, ("GOOGLE_GENAI_USE_GCA", "true"));
        }

        var file = Only(login, "token_type", "scope");
        file["access_token"] = TokenOf(credential);
        if (AgentShape.FindExpiry(login) is { } expiry)
        {
            file["expiry_date"] = expiry.ToUnixTimeMilliseconds();
        }

        return new AgentPlan { File = file, Variables = new Dictionary<string, string> { ["GOOGLE_GENAI_USE_GCA"] = "true" } };
    }

    private static AgentPlan OfOpenCode(OpenedCredential credential, JsonElement login)
    {
        var provider = credential.Provider ?? throw Refuse(credential, "names no provider, and OpenCode needs one");
        if (credential.Type == CredentialTypes.ApiKey)
        {
            return new AgentPlan { File = new JsonObject { [provider] = new JsonObject { ["type"] = "api", ["key"] = TokenOf(credential) } } };
        }

        if (credential.Type != CredentialTypes.OAuthCredentials || IssuerOf(credential) != "openai" || AgentShape.FindText(login, "access") is null)
        {
            throw Refuse(credential, "is a login, and without its refresh token OpenCode takes only those of openai");
        }

        var entry = Only(login, "access", "accountId");
        entry["type"] = "oauth";
        entry["refresh"] = "";
        entry["expires"] = AgentShape.FindExpiry(login)?.ToUnixTimeMilliseconds() ?? 0;
        return new AgentPlan { File = new JsonObject { [provider] = entry } };
    }

    private static AgentPlan OfQwen(OpenedCredential credential) =>
        credential.Type == CredentialTypes.ApiKey
            ? OfVariable("OPENAI_API_KEY", credential)
            : throw Refuse(credential, "is a login, and Qwen Code takes API keys only: its login was closed on 2026-04-15");

    private static AgentPlan OfVariable(string name, OpenedCredential credential, params IEnumerable<(string Name, string Value)> others) =>
        new() { Variables = others.Append((name, TokenOf(credential))).ToDictionary(static pair => pair.Item1, static pair => pair.Item2) };

    // The issuer of a credential: what its owner says, else its form.
    private static string? IssuerOf(OpenedCredential credential) =>
        (credential.Provider ?? credential.Agent ?? ShapeOf(credential.RevealData()))?.ToLowerInvariant().Replace('-', '_') switch
        {
            "google" or "gemini_cli" => "gemini",
            "claude" or "claude_code" => "anthropic",
            "codex" or "codex_cli" => "openai",
            var other => other,
        };

    private static string? ShapeOf(JsonElement data) =>
        data.TryGetProperty("claudeAiOauth", out _) ? "claude"
        : data.TryGetProperty("tokens", out _) ? "codex"
        : null;

    private static void Check(Agent agent, OpenedCredential credential)
    {
        if (agent.Issuer is { } expected and not "qwen" && IssuerOf(credential) is { } issuer && issuer != expected)
        {
            throw Refuse(credential, $"is of {issuer}, and {agent.Title} takes credentials of {expected}");
        }

        var expiry = AgentShape.FindExpiry(AgentShape.FindLogin(credential.RevealData(), credential.Provider)) ?? credential.ExpiresAt;
        if (credential.RefreshFailed && expiry <= DateTimeOffset.UtcNow)
        {
            throw Refuse(
                credential,
                $"has expired, and the vault could not refresh it ({credential.Refresh?.Error ?? "see its audit log"}). "
                    + $"Log in again with \"{agent.LoginCommand}\" and push the login: axvault push --agent {agent.Name} {credential.Name}"
            );
        }
    }

    // A line break could set a further variable, such as BASH_ENV.
    private void CheckTexts(OpenedCredential credential)
    {
        List<string> given = [.. Variables.Values, .. TextsOf(File)];
        if (given.Any(static text => text.Any(static letter => char.IsControl(letter) || letter is '\u2028' or '\u2029')))
        {
            throw Refuse(credential, "has a token with a line break or another control character");
        }

        if (RefreshTokensOf(credential.RevealData()).Any(given.Contains))
        {
            throw Refuse(credential, "has a token that is also its refresh token. It stays in the vault");
        }
    }

    private static JsonObject Only(JsonElement from, params string[] names)
    {
        var only = new JsonObject();
        foreach (var name in names)
        {
            if (
                from.ValueKind == JsonValueKind.Object
                && from.TryGetProperty(name, out var value)
                && value.ValueKind is JsonValueKind.String or JsonValueKind.Number
            )
            {
                only[name] = JsonValue.Create(value);
            }
        }

        return only;
    }

    private static string TokenOf(OpenedCredential credential) =>
        AgentShape.FindAccessToken(credential) ?? throw Refuse(credential, "has no token that the agent accepts");

    private static IEnumerable<string> TextsOf(JsonNode? node) =>
        node switch
        {
            JsonObject members => members.SelectMany(static member => TextsOf(member.Value)),
            JsonArray items => items.SelectMany(TextsOf),
            JsonValue value when value.GetValueKind() == JsonValueKind.String => [value.GetValue<string>()],
            _ => [],
        };

    private static IEnumerable<string> RefreshTokensOf(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.Object => json.EnumerateObject()
                .SelectMany(static member =>
                    AgentShape.IsRefreshName(member.Name) && member.Value.ValueKind == JsonValueKind.String
                        ? [member.Value.GetString()!]
                        : RefreshTokensOf(member.Value)
                )
                .Where(static token => token.Length > 0),
            JsonValueKind.Array => json.EnumerateArray().SelectMany(RefreshTokensOf),
            _ => [],
        };

    private static AxvaultException Refuse(OpenedCredential credential, string why) => new(AxvaultError.Conflict, $"{credential.Name} {why}.");
}
