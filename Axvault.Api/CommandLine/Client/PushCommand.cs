using System.CommandLine;
using System.Text.Json.Nodes;
using Axvault.Client;
using Axvault.Client.Agents;

namespace Axvault.Api.CommandLine.Client;

/// <summary><c>axvault push</c> and <c>fetch</c>: an agent's own file, to the vault and back.</summary>
internal static class PushCommand
{
    /// <summary>Returns the command that stores the login of an agent.</summary>
    public static Command Create()
    {
        var name = new Argument<string?>("NAME") { Description = "Name of the credential. By default the agent's name.", Arity = ArgumentArity.ZeroOrOne };
        var agent = ClientArguments.Agent();
        var provider = new Option<string>("--provider") { Description = "Login to take, where OpenCode has several.", HelpName = "name" };
        var takesOver = new Option<bool>("--take-over") { Description = "Replace the login in the agent's file by a copy without a refresh token." };
        var force = ClientArguments.Force("Store it although its refresh token was used before. It is not refreshed then.");
        var yes = ClientArguments.Yes();
        return ClientVerb.Create(
            "push",
            """
            Store the login of an agent on this machine. Its file is found as the agent finds it, and told before it is stored.

            Examples:
              axvault push --agent claude claude.prod
              axvault push --agent codex codex.ci --take-over
              axvault push --agent opencode --provider openai opencode.openai
            """,
            [name, agent, provider, takesOver, force, yes],
            async (parsed, client, printer, cancellationToken) =>
            {
                var file = AgentFile.Of(ClientArguments.ParseAgent(parsed.GetRequiredValue(agent)), Environment.GetEnvironmentVariable);
                var login = AgentLogin.Of(file.Agent, file.Read(), parsed.GetValue(provider));
                var target = parsed.GetValue(name) ?? file.Agent.Name;
                await DescribeAsync(file, login);
                if (!await Prompt.ConfirmAsync(parsed.GetValue(yes), $"Store it as {target}?", cancellationToken))
                {
                    return ExitCode.Failure;
                }

                var stored = await client.Credentials.PutAsync(
                    target,
                    new CredentialContent(login.Type, login.Data) { Agent = file.Agent.Name, Provider = login.Provider },
                    force: parsed.GetValue(force),
                    cancellationToken: cancellationToken
                );
                if (login.HasRefreshToken)
                {
                    await SettleAsync(client, file, login, target, parsed.GetValue(takesOver), cancellationToken);
                }

                return PutCommand.Tell(printer, stored, $"Stored {stored.Name} ({login.Type}).");
            }
        );
    }

    /// <summary>Returns the command that writes the file of an agent.</summary>
    public static Command CreateFetch()
    {
        var name = ClientArguments.Name();
        var agent = ClientArguments.Agent();
        var withRefreshToken = new Option<bool>("--with-refresh-token")
        {
            Description = "Write the refresh token, too. This machine and the vault then log each other out.",
        };
        return ClientVerb.Create(
            "fetch",
            """
            Write the file in which an agent expects its login, with mode 600 and without a refresh token. Other members of the file stay.

            Examples:
              axvault fetch --agent claude claude.prod
              CODEX_HOME=/tmp/codex axvault fetch --agent codex codex.ci
            """,
            [name, agent, withRefreshToken],
            async (parsed, client, printer, cancellationToken) =>
            {
                var file = AgentFile.Of(ClientArguments.ParseAgent(parsed.GetRequiredValue(agent)), Environment.GetEnvironmentVariable);
                var credential = await ReadCommand.ReadAsync(client, parsed.GetRequiredValue(name), cancellationToken);
                var plan = AgentPlan.Of(file.Agent, credential);
                var content = parsed.GetValue(withRefreshToken) ? AgentPlan.WithRefreshToken(file.Agent, credential) : plan.File;
                if (content is null)
                {
                    throw new AxvaultException(
                        AxvaultError.Conflict,
                        $"{file.Agent.Title} takes {credential.Name} by {string.Join(" and ", plan.Variables.Keys)}, not by a file: "
                            + $"axvault exec {credential.Name} -- COMMAND."
                    );
                }

                file.Write(content);
                if (!printer.IsJson)
                {
                    Printer.Line($"Wrote {file.Path}.");
                    foreach (var (variable, value) in plan.Variables.Where(static pair => pair.Value == "true"))
                    {
                        Printer.Line($"{file.Agent.Title} also needs {variable}={value}.");
                    }
                }

                return ExitCode.Success;
            }
        );
    }

    private static async Task DescribeAsync(AgentFile file, AgentLogin login)
    {
        (string Label, string? Value)[] facts =
        [
            ("Found", $"{login.Kind} in {file.Path}"),
            ("Account", login.Account),
            ("Expires", login.ExpiresAt is null ? "not known" : Printer.Text(login.ExpiresAt)),
            ("Refresh token", login.HasRefreshToken ? "yes" : "no"),
            ("Permission", $"{login.Permission.Name}: {login.Permission.Meaning}"),
        ];
        foreach (var (label, value) in facts.Where(static fact => fact.Value is not null))
        {
            await Console.Error.WriteLineAsync($"{label,-15}{Printer.Clean(value)}");
        }
    }

    // Two holders of a single-use refresh token log each other out.
    private static async Task SettleAsync(
        AxvaultClient client,
        AgentFile file,
        AgentLogin login,
        string name,
        bool takesOver,
        CancellationToken cancellationToken
    )
    {
        if (!takesOver)
        {
            await Console.Error.WriteLineAsync(
                $"axvault: warning: {file.Path} still holds the same single-use refresh token. When {file.Agent.Title} uses it, the vault's copy is dead. "
                    + $"Add --take-over, or log out there."
            );
            return;
        }

        // The present tokens: a read may already have refreshed them.
        if (AgentPlan.Of(file.Agent, await client.Credentials.ReadAsync(name, cancellationToken)).File is JsonObject content)
        {
            file.Write(content);
            await Console.Error.WriteLineAsync(
                $"axvault: {file.Path} has no refresh token any more. Get a fresh token with: axvault fetch --agent {file.Agent.Name} {name}"
            );
        }
    }
}
