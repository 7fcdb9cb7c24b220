using System.CommandLine;
using System.CommandLine.Parsing;
using Axvault.Client;

namespace Axvault.Api.CommandLine.Client;

/// <summary><c>axvault exec</c>: runs a command with credentials in its environment.</summary>
internal static class ExecCommand
{
    /// <summary>Returns the command.</summary>
    public static Command Create()
    {
        var names = new Argument<string[]>("NAME") { Description = "Names of credentials, then -- and the command.", Arity = ArgumentArity.ZeroOrMore };
        var env = new Option<string[]>("--env")
        {
            Description = "Variable to set, with a credential or a member of its data. Can be repeated.",
            HelpName = "VARIABLE=NAME[.field]",
        };
        var broker = new Option<string>("--broker")
        {
            Description = "Name of a credential that the command uses through the vault, and never sees.",
            HelpName = "name",
        };
        var agent = EnvCommand.Agent();
        var expires = BrokerKey.Lifetime();
        var keeps = new Option<bool>("--keep-key") { Description = "Leave AXVAULT, AXVAULT_URL and AXVAULT_API_KEY in the environment of the command." };
        return ClientVerb.Create(
            "exec",
            """
            Run a command with the variables that its agent or SDK expects. No secret is in an argument list or a file.
            The command takes the place of this program: signals and exit code are its own. The key of the vault is taken out of its environment.

            Examples:
              axvault exec claude.ci -- claude -p 'Say hello.'
              axvault exec --broker claude.prod -- claude -p 'Say hello.'
              axvault exec openai.key gemini.key -- ./compare.sh
              axvault exec --env GITHUB_TOKEN=github.bot -- gh pr list
            """,
            [names, env, broker, agent, expires, keeps],
            async (parsed, client, _, cancellationToken) =>
            {
                string[] all = parsed.GetValue(names) ?? [];
                var tail = parsed.Tokens.SkipWhile(static token => token.Type != TokenType.DoubleDash).Skip(1).Select(static token => token.Value).ToArray();
                if (tail.Length == 0)
                {
                    throw ClientArguments.Wrong("Expected -- and a command: axvault exec NAME -- COMMAND.");
                }

                var variables = await ReadVariablesAsync(client, all[..^tail.Length], parsed.GetValue(env) ?? [], cancellationToken);
                List<string> removed = parsed.GetValue(keeps) ? [] : ["AXVAULT", "AXVAULT_URL", "AXVAULT_API_KEY"];
                if (parsed.GetValue(broker) is { } used)
                {
                    var program = parsed.GetValue(agent) ?? BrokerUse.Agents.FirstOrDefault(known => known == Path.GetFileNameWithoutExtension(tail[0]));
                    var use = await BrokerUse.PrepareAsync(client, program, used, parsed.GetValue(expires), cancellationToken);
                    use.Variables.ToList().ForEach(variable => variables[variable.Key] = variable.Value);
                    removed.AddRange(use.Removed.Where(variable => !variables.ContainsKey(variable)));
                    tail = [tail[0], .. use.Arguments, .. tail[1..]];
                }

                return variables.Count > 0
                    ? Replacement.Run(tail, variables, removed)
                    : throw ClientArguments.Wrong("Expected the name of a credential, --env or --broker: axvault exec NAME -- COMMAND.");
            }
        );
    }

    private static async Task<Dictionary<string, string>> ReadVariablesAsync(
        AxvaultClient client,
        string[] names,
        string[] texts,
        CancellationToken cancellationToken
    )
    {
        var variables = new Dictionary<string, string>();
        foreach (var name in names)
        {
            foreach (var (variable, value) in ExecVariables.Of(await ReadCommand.ReadAsync(client, name, cancellationToken)))
            {
                variables[variable] = value;
            }
        }

        foreach (var text in texts)
        {
            var (variable, value) = await ReadVariableAsync(client, text, cancellationToken);
            variables[variable] = value;
        }

        return variables;
    }

    // A name may have dots. The longest name that is a credential of the key wins, and the rest is the path of a member.
    private static async Task<(string Variable, string Value)> ReadVariableAsync(AxvaultClient client, string text, CancellationToken cancellationToken)
    {
        if (
            text.Split('=', 2) is not [{ Length: > 0 } variable, { Length: > 0 } place]
            || !variable.All(static letter => letter == '_' || char.IsAsciiLetterOrDigit(letter))
        )
        {
            throw ClientArguments.Wrong("--env: expected VARIABLE=NAME or VARIABLE=NAME.field.");
        }

        for (var end = place.Length; end > 0; end = place.LastIndexOf('.', end - 1))
        {
            if (await client.Credentials.FindAsync(place[..end], cancellationToken) is not null)
            {
                var credential = await ReadCommand.ReadAsync(client, place[..end], cancellationToken);
                return (variable, end == place.Length ? credential.RevealAccessToken() : ReadCommand.Find(credential, place[(end + 1)..]).ToString());
            }
        }

        throw new AxvaultException(AxvaultError.NotFound, $"There is no credential {place} for this key.");
    }
}
