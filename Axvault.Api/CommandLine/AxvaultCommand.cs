using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Axvault.Api.Configuration;

namespace Axvault.Api.CommandLine;

/// <summary>The command line: <c>axvault serve</c>, <c>axvault audit verify</c>, <c>axvault rotate-status</c>, <c>axvault bootstrap</c>, <c>axvault healthcheck</c> and <c>axvault openapi</c>, their flags, help and version.</summary>
internal static partial class AxvaultCommand
{
    /// <summary>Runs the command that <paramref name="args"/> name.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="serve">Runs a server with the flags that were given, by the names of their variables; returns the exit code.</param>
    /// <param name="describe">Writes the description of the API to standard output; returns the exit code.</param>
    public static Task<int> RunAsync(
        string[] args,
        Func<IReadOnlyDictionary<string, string?>, Task<int>> serve,
        Func<Task<int>> describe)
    {
        // No response files: an argument that starts with @ is an argument.
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

    private static RootCommand Create(
        Func<IReadOnlyDictionary<string, string?>, Task<int>> serve,
        Func<Task<int>> describe)
    {
        var serving = new Command("serve", "Start the server. Flags beat environment variables; secrets are given by variables alone.");
        var servingFlags = AddFlags(serving, Setting.All);
        serving.SetAction((parsed, _) => serve(Given(parsed, servingFlags)));

        var anchors = new Option<string[]>("--anchor")
        {
            Description = "The anchor of an \"Audit head\" log line, kept outside of the database: shows that newest entries were cut off. May be given several times.",
            HelpName = "axa1.…",
        };
        var verifying = new Command("verify", "Verify that no entry of the audit log was changed, removed or inserted. Needs the database and the encryption key; writes nothing.") { anchors };
        var verifyingFlags = AddFlags(verifying, [Setting.DatabaseUrl, Setting.LogLevel]);
        verifying.SetAction((parsed, cancellationToken) => VerifyCommand.RunAsync(Given(parsed, verifyingFlags), parsed.GetValue(anchors) ?? [], cancellationToken));

        var rotating = new Command("rotate-status", "Tell which encryption keys are in use, and whether the older ones can go (exit code 0) or are still needed (1). Needs the database and the encryption key; writes nothing.");
        var rotatingFlags = AddFlags(rotating, [Setting.DatabaseUrl, Setting.RefreshSpool, Setting.LogLevel]);
        rotating.SetAction((parsed, cancellationToken) => RotateStatusCommand.RunAsync(Given(parsed, rotatingFlags), cancellationToken));

        // Required, so that nobody gets a key by trying what the command does.
        var resets = new Option<bool>("--reset") { Description = "Make a new key \"Bootstrap Admin\" with all access, and show its secret once, on standard error. Other keys stay.", Required = true };
        var revokes = new Option<bool>("--revoke-others") { Description = "Remove every other key that grants *." };
        var bootstrapping = new Command("bootstrap", "Get back into a vault whose administrators' keys are lost. Needs the database and the encryption key.") { resets, revokes };
        var bootstrappingFlags = AddFlags(bootstrapping, [Setting.DatabaseUrl, Setting.LogLevel]);
        bootstrapping.SetAction((parsed, cancellationToken) => parsed.GetValue(resets)
            ? BootstrapCommand.RunAsync(Given(parsed, bootstrappingFlags), parsed.GetValue(revokes), cancellationToken)
            : Task.FromResult(Refuse(["--reset: expected, and nothing else is there to do (see axvault bootstrap --help)"])));

        var alive = new Option<bool>(HealthcheckCommand.AliveFlag) { Description = "Ask only whether the server answers at all, whatever its database does." };
        var checking = new Command("healthcheck", "Ask the server that runs with the same settings on this machine whether it serves: exit code 0 or 1.") { alive };
        var checkingFlags = AddFlags(checking, [Setting.Port, Setting.Host, Setting.TlsCertificateFile]);
        checking.SetAction((parsed, cancellationToken) => HealthcheckCommand.RunAsync(Given(parsed, checkingFlags), parsed.GetValue(alive), cancellationToken));

        var describing = new Command("openapi", "Write the description of the HTTP API (OpenAPI 3.1, JSON) to standard output. Needs no settings and no database.");
        describing.SetAction((_, _) => describe());

        return new RootCommand("Axvault keeps the OAuth credentials of AI coding agents, and hands them out over HTTP.")
        {
            serving,
            new Command("audit", "Look after the audit log.") { verifying },
            rotating,
            bootstrapping,
            checking,
            describing,
        };
    }

    private static Dictionary<Setting, Option<string>> AddFlags(Command command, IEnumerable<Setting> settings)
    {
        var flags = settings.Where(static setting => setting.Flag is not null).ToDictionary(static setting => setting, static setting => new Option<string>(setting.Flag!)
        {
            Description = $"{setting.Description} [{setting.Variable}{(setting.Default is { } value ? $"; default: {value}" : "")}]",
            HelpName = "value",
        });
        foreach (var flag in flags.Values)
        {
            command.Options.Add(flag);
        }

        return flags;
    }

    // A flag given empty is, like an empty variable, not given.
    private static Dictionary<string, string?> Given(ParseResult parsed, Dictionary<Setting, Option<string>> flags) => flags
        .Where(flag => parsed.GetValue(flag.Value) is { Length: > 0 })
        .ToDictionary(static flag => flag.Key.Variable, flag => parsed.GetValue(flag.Value));

    private static IEnumerable<string> Describe(ParseResult parsed)
    {
        // The parser takes the flag that follows one without a value for that value, and then does not know what to do with its own.
        if (parsed.CommandResult.Children.OfType<OptionResult>().FirstOrDefault(static option => option.Tokens.Any(static token => FlagName().IsMatch(token.Value))) is { } empty)
        {
            return [ExpectedValue(empty)];
        }

        if (parsed.UnmatchedTokens.Count > 0)
        {
            return [DescribeUnmatched(parsed)];
        }

        return parsed.CommandResult.Command.Subcommands is { Count: > 0 } commands
            ? [$"expected a command: {Names(commands)}"]
            : parsed.Errors.Select(static error => error.SymbolResult is OptionResult option
                ? ExpectedValue(option)
                : "the command line could not be read");
    }

    private static string ExpectedValue(OptionResult option) => $"{option.Option.Name}: expected one value";

    // What follows an unknown flag may be a secret: only the name of a flag or a command is repeated.
    private static string DescribeUnmatched(ParseResult parsed)
    {
        var token = parsed.UnmatchedTokens[0];
        var name = token.Split(['=', ':'], 2)[0];
        return FlagName().IsMatch(name) ? $"unknown flag {name}"
            : parsed.CommandResult.Command.Subcommands is { Count: > 0 } commands ? $"unknown command{(CommandName().IsMatch(token) ? $" {token}" : "")}; expected {Names(commands)}"
            : $"{parsed.CommandResult.Command.Name} takes flags only, and was given something else";
    }

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
