using Axvault.Client;
using Axvault.Client.Agents;

namespace Axvault.Api.WebConsole.Logins;

/// <summary>The ways to a new login, as the provider permits them.</summary>
internal static class LoginWords
{
    /// <summary>Returns sentences, each with a command where there is one.</summary>
    public static IReadOnlyList<(string Text, string? Command)> Of(Credential credential)
    {
        var name = credential.Name;
        var agent = Agent.All.FirstOrDefault(agent => agent.Name == credential.Agent);
        List<(string, string?)> lines = [];
        if (agent == Agent.Claude)
        {
            lines.Add(
                ("Anthropic keeps logins to its own clients. For automation it offers a token of a year, made where Claude Code runs:", "claude setup-token")
            );
            lines.Add(
                ("Or in one line, from the shell of that machine:", $"claude setup-token | tail -1 | axvault put {name} --type oauth-token --agent claude")
            );
        }

        lines.Add(
            agent is null
                ? ("Log in at the provider, and put the new login with \"Put a new one\", or from the shell:", $"axvault put {name} --file login.json")
                : (
                    $"Log in with {agent.Title} on a machine with a browser, and push its file:",
                    $"{agent.LoginCommand}\naxvault push --agent {agent.Name} {name} --take-over"
                )
        );
        return lines;
    }
}
