using Axvault.Client;
using Axvault.Client.Agents;

namespace Axvault.Api.CommandLine.Client;

/// <summary>The environment variables by which agents and SDKs take a credential.</summary>
internal static class ExecVariables
{
    /// <summary>Returns the variables for <paramref name="credential"/>.</summary>
    /// <exception cref="AxvaultException">No variable takes it.</exception>
    public static IReadOnlyDictionary<string, string> Of(OpenedCredential credential)
    {
        var token = credential.RevealAccessToken();
        // A line break could set a further variable in a file of variables.
        if (token.Any(char.IsControl))
        {
            throw new AxvaultException(AxvaultError.Conflict, $"{credential.Name} has a token with a line break or another control character.");
        }

        var names = (Issuer(credential), credential.Type) switch
        {
            ("anthropic", CredentialTypes.ApiKey) => ["ANTHROPIC_API_KEY"],
            // Claude Code takes a login by the one, SDKs by the other.
            ("anthropic", _) => credential.Agent == Agent.Claude.Name ? ["CLAUDE_CODE_OAUTH_TOKEN"] : ["ANTHROPIC_AUTH_TOKEN"],
            ("openai", CredentialTypes.ApiKey) => ["CODEX_API_KEY", "OPENAI_API_KEY"],
            ("openai", CredentialTypes.OAuthToken) => ["CODEX_ACCESS_TOKEN"],
            ("gemini", CredentialTypes.ApiKey) => ["GEMINI_API_KEY"],
            ("gemini", _) => ["GOOGLE_CLOUD_ACCESS_TOKEN"],
            ("qwen", CredentialTypes.ApiKey) => ["OPENAI_API_KEY"],
            _ => Array.Empty<string>(),
        };
        if (names.Length == 0)
        {
            throw new AxvaultException(
                AxvaultError.Conflict,
                $"No variable takes {credential.Name}. Write the agent's file (axvault fetch --agent NAME {credential.Name}), "
                    + $"or name a variable (axvault exec --env VARIABLE={credential.Name} -- COMMAND)."
            );
        }

        var variables = names.ToDictionary(static name => name, _ => token);
        if (names is ["GOOGLE_CLOUD_ACCESS_TOKEN"])
        {
            variables["GOOGLE_GENAI_USE_GCA"] = "true";
        }

        return variables;
    }

    private static string? Issuer(Credential credential) =>
        Health.IssuerOf(credential)?.ToLowerInvariant() switch
        {
            "google" => "gemini",
            var other => other,
        };
}
