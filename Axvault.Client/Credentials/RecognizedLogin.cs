using System.Text.Json;
using Axvault.Client.Agents;

namespace Axvault.Client;

/// <summary>
/// A login that was recognized in the file of an agent: Claude Code, Codex or OpenCode. Its data is secret, and never printed.
/// </summary>
/// <example>
/// <code>
/// using var file = JsonDocument.Parse(text);
/// foreach (var login in RecognizedLogin.Find(file.RootElement)) Console.WriteLine($"{login.Kind}: {login.PermittedUse.Meaning}");
/// </code>
/// </example>
public sealed class RecognizedLogin
{
    private readonly AgentLogin _login;

    private RecognizedLogin(AgentLogin login) => _login = login;

    /// <summary>The name of the agent, as in the metadata of credentials, such as <c>claude</c>.</summary>
    public string Agent => _login.Agent.Name;

    /// <summary>The name of the agent for people, such as <c>Claude Code</c>.</summary>
    public string AgentTitle => _login.Agent.Title;

    /// <summary>The kind of login, for people.</summary>
    public string Kind => _login.Kind;

    /// <summary>The type of the credential, one of <see cref="CredentialTypes"/>.</summary>
    public string Type => _login.Type;

    /// <summary>The provider, where the agent needs one; <see langword="null"/> otherwise.</summary>
    public string? Provider => _login.Provider;

    /// <summary>The account, for people; <see langword="null"/> when the file does not tell.</summary>
    public string? Account => _login.Account;

    /// <summary>The expiry of the access token; <see langword="null"/> when the file does not tell.</summary>
    public DateTimeOffset? ExpiresAt => _login.ExpiresAt;

    /// <summary><see langword="true"/> when the login has a refresh token; otherwise <see langword="false"/>.</summary>
    public bool HasRefreshToken => _login.HasRefreshToken;

    /// <summary>The use that the provider permits.</summary>
    public PermittedUse PermittedUse => _login.Permission;

    /// <summary>Finds the logins in the content of a file. The members of the file tell the agent.</summary>
    /// <param name="file">The content.</param>
    /// <returns>The logins; empty when the file is of no known agent, or holds none. Only OpenCode keeps several in one file.</returns>
    /// <example><code>var login = RecognizedLogin.Find(file.RootElement).FirstOrDefault();</code></example>
    public static IReadOnlyList<RecognizedLogin> Find(JsonElement file) =>
        [.. AgentLogin.Recognize(file).Select(static login => new RecognizedLogin(login))];

    /// <summary>Returns the login as a credential to be stored.</summary>
    /// <returns>The credential. Its data is a secret.</returns>
    /// <example><code>await vault.Credentials.PutAsync("claude.prod", login.ToContent());</code></example>
    public CredentialContent ToContent() => new(Type, _login.Data) { Agent = Agent, Provider = Provider };

    /// <inheritdoc />
    public override string ToString() => $"{Kind} (data hidden)";
}
