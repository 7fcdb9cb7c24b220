using System.Text.Json;

namespace Axvault.Client;

/// <summary>A credential to be stored.</summary>
/// <param name="type">The type, one of <see cref="CredentialTypes"/>.</param>
/// <param name="data">The data: a JSON object, such as an agent's own file.</param>
/// <example>
/// <code>
/// using var file = JsonDocument.Parse(File.ReadAllText(path));
/// await vault.Credentials.PutAsync("codex.ci", new(CredentialTypes.OAuthCredentials, file.RootElement) { Agent = "codex" });
/// </code>
/// </example>
public sealed class CredentialContent(string type, JsonElement data)
{
    /// <summary>The type.</summary>
    public string Type { get; } = type;

    /// <summary>The agent that uses it. It tells the provider, and so where tokens are refreshed.</summary>
    public string? Agent { get; init; }

    /// <summary>The provider that issued it. Agent <c>opencode</c> needs one.</summary>
    public string? Provider { get; init; }

    /// <summary>The time at which the access token expires, when the data does not say it.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>A name for people.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Free text. It is not encrypted, so it must not hold secrets.</summary>
    public string? Notes { get; init; }

    internal CredentialBody ToBody() =>
        new(Type, data)
        {
            Agent = Agent,
            Provider = Provider,
            ExpiresAt = ExpiresAt,
            DisplayName = DisplayName,
            Notes = Notes,
        };
}

// A class, because the ToString of a record would print the data.
internal sealed class CredentialBody(string type, JsonElement data)
{
    public string Type => type;

    public JsonElement Data => data;

    public string? Agent { get; init; }

    public string? Provider { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public string? DisplayName { get; init; }

    public string? Notes { get; init; }
}
