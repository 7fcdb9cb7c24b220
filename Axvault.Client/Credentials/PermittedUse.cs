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

    // The first one that fits decides.
    /// <summary>Every fact about a kind of credential.</summary>
    internal static readonly IReadOnlyList<Fact> Facts =
    [
        new(null, CredentialTypes.ApiKey, Automation),
        new("openai", CredentialTypes.OAuthToken, Automation),
        new("anthropic", CredentialTypes.OAuthToken, Personal),
        new("anthropic", null, Restricted),
        new("gemini", null, Restricted),
        new("qwen", null, Restricted),
        new("github_copilot", null, Restricted),
        new(null, null, Personal),
    ];

    /// <summary>The names of the classes, the freest first. Their order is that of their letters, too.</summary>
    internal static readonly IReadOnlyList<string> Names = [Automation.Name, Personal.Name, Restricted.Name];

    /// <summary><see langword="true"/> when other software may not use such a credential; otherwise <see langword="false"/>.</summary>
    internal bool IsRestricted => this == Restricted;

    /// <summary>Returns the class of a credential, by its provider or else its agent.</summary>
    /// <param name="credential">The credential.</param>
    /// <returns>The class.</returns>
    /// <example><code>var permission = PermittedUse.Of(credential).Name;</code></example>
    public static PermittedUse Of(Credential credential) =>
        Of(credential.Provider ?? credential.Agent, credential.Type);

    /// <summary>Returns the class of a kind of credential.</summary>
    /// <param name="issuer">The provider, or else the agent; <see langword="null"/> when neither is known.</param>
    /// <param name="type">The type of the credential, one of <see cref="CredentialTypes"/>; <see langword="null"/> when it is not known.</param>
    /// <returns>The class.</returns>
    /// <example><code>var permission = PermittedUse.Of("openai", CredentialTypes.OAuthToken);</code></example>
    public static PermittedUse Of(string? issuer, string? type)
    {
        var name = issuer is null ? null : IssuerName.Normalize(issuer);
        return Facts.First(fact => (fact.Issuer is null || fact.Issuer == name) && (fact.Type is null || fact.Type == type)).Use;
    }

    /// <summary>A fact about a kind of credential.</summary>
    /// <param name="Issuer">The normal name of the provider; <see langword="null"/> for any.</param>
    /// <param name="Type">The type; <see langword="null"/> for any.</param>
    /// <param name="Use">The class.</param>
    internal sealed record Fact(string? Issuer, string? Type, PermittedUse Use);
}
