namespace Axvault.Client.Agents;

/// <summary>The use of a kind of credential that its provider permits (docs/cli.md). A fact for people; nothing is decided by it here.</summary>
/// <param name="Name">The class.</param>
/// <param name="Meaning">The meaning, as a sentence.</param>
internal sealed record Permission(string Name, string Meaning)
{
    private static readonly Permission Automation = new("automation", "The provider permits it for automation.");

    private static readonly Permission Personal = new("personal", "It is for the person who made it, on that person's machines.");

    private static readonly Permission Restricted = new("restricted", "The provider does not permit other software to use or share such a login.");

    /// <summary>Returns the class of a credential.</summary>
    /// <param name="issuer">The provider; <see langword="null"/> when it is not known.</param>
    /// <param name="type">The type of the credential.</param>
    public static Permission Of(string? issuer, string type) =>
        (issuer, type) switch
        {
            (_, CredentialTypes.ApiKey) => Automation,
            ("openai", CredentialTypes.OAuthToken) => Automation,
            ("openai", _) or ("anthropic", CredentialTypes.OAuthToken) => Personal,
            ("anthropic" or "gemini" or "google" or "qwen" or "github-copilot", _) => Restricted,
            _ => Personal,
        };
}
