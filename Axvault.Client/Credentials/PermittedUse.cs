using Axvault.Client.Agents;

namespace Axvault.Client;

/// <summary>The use of a kind of credential that its provider permits (docs/cli.md). A fact for people; nothing is decided by it here.</summary>
/// <param name="Name">The class: <c>automation</c>, <c>personal</c> or <c>restricted</c>.</param>
/// <param name="Meaning">The meaning, as a sentence.</param>
/// <example><code>var permission = PermittedUse.Of(credential).Meaning;</code></example>
public sealed record PermittedUse(string Name, string Meaning)
{
    private static readonly PermittedUse Automation = new("automation", "The provider permits it for automation.");

    private static readonly PermittedUse Personal = new("personal", "It is for the person who made it, on that person's machines.");

    private static readonly PermittedUse Restricted = new("restricted", "The provider does not permit other software to use or share such a login.");

    /// <summary>Returns the class of a credential, by its provider or else its agent.</summary>
    /// <param name="credential">The credential.</param>
    /// <returns>The class.</returns>
    /// <example><code>var permission = PermittedUse.Of(credential).Name;</code></example>
    public static PermittedUse Of(Credential credential) =>
        Of(credential.Provider ?? Agent.All.FirstOrDefault(agent => agent.Name == credential.Agent)?.Issuer, credential.Type);

    /// <summary>Returns the class of a kind of credential.</summary>
    /// <param name="issuer">The provider; <see langword="null"/> when it is not known.</param>
    /// <param name="type">The type of the credential, one of <see cref="CredentialTypes"/>; <see langword="null"/> when it is not known.</param>
    /// <returns>The class.</returns>
    /// <example><code>var permission = PermittedUse.Of("openai", CredentialTypes.OAuthToken);</code></example>
    public static PermittedUse Of(string? issuer, string? type) =>
        (issuer, type) switch
        {
            (_, CredentialTypes.ApiKey) => Automation,
            ("openai", CredentialTypes.OAuthToken) => Automation,
            ("openai", _) or ("anthropic", CredentialTypes.OAuthToken) => Personal,
            ("anthropic" or "gemini" or "google" or "qwen" or "github-copilot", _) => Restricted,
            _ => Personal,
        };
}
