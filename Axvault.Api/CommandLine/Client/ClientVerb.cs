using System.CommandLine;
using Axvault.Client;

namespace Axvault.Api.CommandLine.Client;

/// <summary>The frame of every command that calls a server: its connection, its output, and its exit code.</summary>
internal static class ClientVerb
{
    private const string JsonFlag = "--json";

    /// <summary>Makes a command.</summary>
    /// <param name="name">The name.</param>
    /// <param name="description">The description, with examples.</param>
    /// <param name="symbols">Its arguments and flags.</param>
    /// <param name="run">Runs it; returns the exit code.</param>
    public static Command Create(
        string name,
        string description,
        IEnumerable<Symbol> symbols,
        Func<ParseResult, AxvaultClient, Printer, CancellationToken, Task<int>> run
    )
    {
        var command = new Command(name, description);
        AddTo(command, symbols);
        command.Options.Add(new Option<bool>(JsonFlag) { Description = "Print JSON." });
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, run, cancellationToken));
        return command;
    }

    /// <summary>Adds arguments and flags to <paramref name="command"/>.</summary>
    public static void AddTo(Command command, IEnumerable<Symbol> symbols)
    {
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Arguments.Add(argument);
            }
            else
            {
                command.Options.Add((Option)symbol);
            }
        }
    }

    /// <summary>Runs <paramref name="run"/> with the configured server. A failure is one line on standard error.</summary>
    public static Task<int> RunAsync(
        ParseResult parsed,
        Func<ParseResult, AxvaultClient, Printer, CancellationToken, Task<int>> run,
        CancellationToken cancellationToken
    ) =>
        GuardAsync(async () =>
        {
            using var connection = AxvaultClient.Connect(ClientConfiguration.Read().Options);
            return await run(parsed, connection.Client, PrinterOf(parsed), cancellationToken);
        });

    /// <summary>Returns the output of a command.</summary>
    public static Printer PrinterOf(ParseResult parsed) => Printer.OfConsole(parsed.GetValue<bool>(JsonFlag));

    /// <summary>Runs <paramref name="run"/>, and turns a failure into a line on standard error and an exit code.</summary>
    public static async Task<int> GuardAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (AxvaultException exception)
        {
            await Console.Error.WriteLineAsync($"axvault: {Printer.Clean(exception.Message)}");
            foreach (var (field, rule) in exception.Errors)
            {
                await Console.Error.WriteLineAsync($"axvault: {Printer.Clean(field)} {Printer.Clean(rule)}");
            }

            return ExitCode.Of(exception.Error);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"axvault: {Printer.Clean(exception.Message)}");
            return ExitCode.Failure;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
    }
}
