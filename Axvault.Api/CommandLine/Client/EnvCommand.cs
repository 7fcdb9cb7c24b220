using System.CommandLine;
using System.Text.Json.Nodes;

namespace Axvault.Api.CommandLine.Client;

/// <summary><c>axvault env</c>: prints the settings by which an agent calls its provider through the broker.</summary>
internal static class EnvCommand
{
    /// <summary>Returns the command.</summary>
    public static Command Create()
    {
        var broker = new Option<string>("--broker") { Description = "Name of the credential.", HelpName = "name", Required = true };
        var agent = Agent();
        var expires = BrokerKey.Lifetime();
        return ClientVerb.Create(
            "env",
            """
            Print the variables by which an agent calls its provider through the vault. The key among them may use one credential, and never sees it.

            Examples:
              eval "$(axvault env --broker claude.prod --agent claude)"
              axvault env --broker openai.ci --agent codex --json
            """,
            [broker, agent, expires],
            async (parsed, client, printer, cancellationToken) =>
            {
                Print(
                    await BrokerUse.PrepareAsync(
                        client,
                        parsed.GetValue(agent),
                        parsed.GetRequiredValue(broker),
                        parsed.GetValue(expires),
                        cancellationToken
                    ),
                    printer
                );
                return ExitCode.Success;
            }
        );
    }

    /// <summary>Returns the flag that names an agent.</summary>
    public static Option<string> Agent() =>
        new("--agent") { Description = $"Agent: {string.Join(", ", BrokerUse.Agents)}. By default, the variables of the providers' SDKs.", HelpName = "name" };

    private static void Print(BrokerUse use, Printer printer)
    {
        if (printer.IsJson)
        {
            var json = new JsonObject();
            foreach (var (name, value) in use.Variables)
            {
                json[name] = value;
            }

            Console.Out.WriteLine(json.ToJsonString());
            return;
        }

        foreach (var name in use.Removed)
        {
            Console.Out.WriteLine($"unset {name}");
        }

        foreach (var (name, value) in use.Variables)
        {
            Console.Out.WriteLine($"export {name}={Quote(value)}");
        }

        if (use.Arguments.Count > 0)
        {
            Console.Out.WriteLine($"# Arguments of the agent: {string.Join(' ', use.Arguments.Select(Quote))}");
        }
    }

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
