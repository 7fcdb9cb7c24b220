using Axvault.Client;
using Spectre.Console;

namespace Axvault.Api.CommandLine.Client;

/// <summary>Questions to the person at the terminal. They are written to standard error, so that standard output has results only.</summary>
internal static class Prompt
{
    private static readonly IAnsiConsole Terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary><see langword="true"/> when there is a person to ask; otherwise <see langword="false"/>.</summary>
    public static bool CanAsk => !Console.IsInputRedirected && !Console.IsErrorRedirected;

    /// <summary>Asks for a secret, which is not shown; or reads a line of standard input when that is no terminal.</summary>
    public static async Task<string> SecretAsync(string question, CancellationToken cancellationToken) =>
        CanAsk
            ? await Terminal.PromptAsync(new TextPrompt<string>(Markup.Escape(question)).Secret(null), cancellationToken)
            : (await Console.In.ReadLineAsync(cancellationToken))?.Trim() ?? "";

    /// <summary>Asks for a confirmation, unless <paramref name="isGiven"/>.</summary>
    /// <param name="isGiven"><see langword="true"/> when the flag <c>--yes</c> was given.</param>
    /// <param name="question">The question.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="AxvaultException">There is no one to ask.</exception>
    public static async Task<bool> ConfirmAsync(bool isGiven, string question, CancellationToken cancellationToken) =>
        isGiven
        || (
            CanAsk
                ? await Terminal.ConfirmAsync(Markup.Escape(question), defaultValue: false, cancellationToken)
                : throw new AxvaultException(AxvaultError.InvalidRequest, $"{question} There is no terminal to ask at: add --yes.")
        );
}
