using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Axvault.Api.CommandLine.Client;

namespace Axvault.Api.CommandLine;

/// <summary>The command line: its verbs and the words for what is wrong with it. Each verb describes itself beside its command.</summary>
internal static partial class AxvaultCommand
{
    private const int MaxNames = 8;

    /// <summary>Runs the command that <paramref name="args"/> name.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="serve">Runs a server with the flags that were given, by the names of their variables; returns the exit code.</param>
    /// <param name="describe">Writes the description of the API to standard output; returns the exit code.</param>
    public static Task<int> RunAsync(string[] args, Func<IReadOnlyDictionary<string, string?>, Task<int>> serve, Func<Task<int>> describe)
    {
        // No response files: an argument that starts with @ is an ordinary argument.
        var parsed = Create(serve, describe).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            return Task.FromResult(Refuse(Describe(parsed).Select(static problem => $"{problem} (see axvault --help)")));
        }

        // The host handles the termination signals itself, and finishes what is in flight however long that takes.
        return parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
    }

    /// <summary>Writes a line to standard error for each of <paramref name="problems"/>.</summary>
    /// <returns><see cref="ExitCode.Usage"/>.</returns>
    public static int Refuse(IEnumerable<string> problems)
    {
        foreach (var problem in problems)
        {
            Console.Error.WriteLine($"axvault: {problem}");
        }

        return ExitCode.Usage;
    }

    private static RootCommand Create(Func<IReadOnlyDictionary<string, string?>, Task<int>> serve, Func<Task<int>> describe) =>
        new("Axvault keeps the OAuth credentials of AI coding agents, and hands them out over HTTP. This program is the server and its client.")
        {
            LoginCommand.Create(),
            LoginCommand.CreateWhoami(),
            LoginCommand.CreateLogout(),
            ListCommand.Create(),
            ListCommand.CreateShow(),
            ReadCommand.Create(),
            ReadCommand.CreateToken(),
            ExecCommand.Create(),
            EnvCommand.Create(),
            PushCommand.CreateFetch(),
            PushCommand.Create(),
            PutCommand.Create(),
            PutCommand.CreateRemove(),
            PutCommand.CreateRestore(),
            PutCommand.CreateRefresh(),
            KeysCommand.Create(),
            FederationCommands.CreateRules(),
            FederationCommands.CreateIssuers(),
            AuditCommand.Create(),
            McpCommand.Create(),
            CompletionCommand.Create(),
            ServeCommand.Create(serve),
            RotateStatusCommand.Create(),
            BootstrapCommand.Create(),
            KeySecretCommand.Create(),
            HealthcheckCommand.Create(),
            OpenApiCommand.Create(describe),
        };

    private static IEnumerable<string> Describe(ParseResult parsed)
    {
        // The parser takes the next flag as the value of a flag without one. The real value of the next flag is then left over.
        if (
            parsed
                .CommandResult.Children.OfType<OptionResult>()
                .FirstOrDefault(static option => option.Tokens.Any(static token => FlagName().IsMatch(token.Value))) is
            { } empty
        )
        {
            return [ExpectedValue(empty)];
        }

        if (parsed.UnmatchedTokens.Count > 0)
        {
            return [DescribeUnmatched(parsed)];
        }

        return parsed.CommandResult.Command is { Action: null, Subcommands: { Count: > 0 } commands }
            ? [$"expected a command{Among(commands)}"]
            : parsed.Errors.Select(static error => Describe(error.SymbolResult));
    }

    // The parser's own words repeat the value, which may be a secret.
    private static string Describe(SymbolResult? symbol) =>
        symbol switch
        {
            OptionResult option => ExpectedValue(option),
            ArgumentResult { Parent: OptionResult option } => ExpectedValue(option),
            ArgumentResult argument => $"{argument.Argument.Name}: expected one value",
            CommandResult { Command: var command } when command.Options.FirstOrDefault(static option => option.Required) is { } required =>
                $"{required.Name}: expected one value",
            _ => "the command line could not be read",
        };

    private static string ExpectedValue(OptionResult option) => $"{option.Option.Name}: expected one value";

    // The text after an unknown flag may be a secret, so only the name of a flag or a command is repeated.
    private static string DescribeUnmatched(ParseResult parsed)
    {
        var token = parsed.UnmatchedTokens[0];
        var name = token.Split(['=', ':'], 2)[0];
        return FlagName().IsMatch(name) ? $"unknown flag {name}"
            : parsed.CommandResult.Command.Subcommands is { Count: > 0 } commands
                ? $"unknown command{(CommandName().IsMatch(token) ? $" {token}" : "")}{Among(commands)}"
            : $"{parsed.CommandResult.Command.Name} takes {Takes(parsed.CommandResult.Command)}, and was given something else";
    }

    // The commands of the program itself are too many for a line.
    private static string Among(IList<Command> commands) => commands.Count > MaxNames ? "" : $": expected {Names(commands)}";

    private static string Takes(Command command) =>
        command.Arguments.Count == 0 ? "flags only" : string.Join(' ', command.Arguments.Select(static argument => argument.Name));

    private static string Names(IEnumerable<Command> commands)
    {
        string[] names = [.. commands.Select(static command => command.Name)];
        return names.Length == 1 ? names[0] : $"{string.Join(", ", names[..^1])} or {names[^1]}";
    }

    [GeneratedRegex(@"^--?[a-z][a-z-]{0,31}\z")]
    private static partial Regex FlagName();

    [GeneratedRegex(@"^[a-z][a-z-]{0,15}\z")]
    private static partial Regex CommandName();
}
