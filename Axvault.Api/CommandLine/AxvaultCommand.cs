using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Axvault.Api.Configuration;

namespace Axvault.Api.CommandLine;

/// <summary>The command line: <c>axvault serve</c>, its flags, help and version.</summary>
internal static partial class AxvaultCommand
{
    /// <summary>Runs the command that <paramref name="args"/> name.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="serve">Runs a server with the flags that were given, by the names of their variables; returns the exit code.</param>
    public static Task<int> RunAsync(string[] args, Func<IReadOnlyDictionary<string, string?>, Task<int>> serve)
    {
        // No response files: an argument that starts with @ is an argument.
        var parsed = Create(serve).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
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

    private static RootCommand Create(Func<IReadOnlyDictionary<string, string?>, Task<int>> serve)
    {
        var flags = Setting.All.Where(static setting => setting.Flag is not null).ToDictionary(static setting => setting, static setting => new Option<string>(setting.Flag!)
        {
            Description = $"{setting.Description} [{setting.Variable}; default: {setting.Default}]",
            HelpName = "value",
        });
        var command = new Command("serve", "Start the server. Flags beat environment variables; secrets are given by variables alone.");
        foreach (var flag in flags.Values)
        {
            command.Options.Add(flag);
        }

        // A flag given empty is, like an empty variable, not given.
        command.SetAction((parsed, _) => serve(flags
            .Where(flag => parsed.GetValue(flag.Value) is { Length: > 0 })
            .ToDictionary(static flag => flag.Key.Variable, flag => parsed.GetValue(flag.Value))));
        return new RootCommand("Axvault keeps the OAuth credentials of AI coding agents, and hands them out over HTTP.") { command };
    }

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

        return parsed.CommandResult.Command is RootCommand
            ? ["expected a command: serve"]
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
            : parsed.CommandResult.Command is RootCommand ? CommandName().IsMatch(token) ? $"unknown command {token}; expected serve" : "unknown command; expected serve"
            : "serve takes flags only, and was given something else";
    }

    [GeneratedRegex(@"^--?[a-z][a-z-]{0,31}\z")]
    private static partial Regex FlagName();

    [GeneratedRegex(@"^[a-z][a-z-]{0,15}\z")]
    private static partial Regex CommandName();
}
