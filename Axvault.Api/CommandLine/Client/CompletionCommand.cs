using System.CommandLine;

namespace Axvault.Api.CommandLine.Client;

/// <summary><c>axvault completion</c>: a script that completes commands and flags in a shell.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _axvault() {
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$(axvault "[suggest:$COMP_POINT]" "$COMP_LINE" 2> /dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _axvault axvault
        """;

    private const string Zsh = """
        #compdef axvault
        _axvault() {
          local line="${words[*]}"
          compadd -- ${(f)"$(axvault "[suggest:${#line}]" "$line" 2> /dev/null)"}
        }
        compdef _axvault axvault
        """;

    private const string Fish = """
        complete -f -c axvault -a '(axvault "[suggest:"(string length (commandline -cp))"]" (commandline -cp) 2> /dev/null)'
        """;

    /// <summary>Returns the command.</summary>
    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        var command = new Command(
            "completion",
            """
            Print a script that completes commands and flags.

            Examples:
              source <(axvault completion bash)
              axvault completion fish > ~/.config/fish/completions/axvault.fish
            """
        )
        {
            shell,
        };
        command.SetAction(parsed =>
        {
            string? script = parsed.GetValue(shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                "fish" => Fish,
                _ => null,
            };
            if (script is null)
            {
                return AxvaultCommand.Refuse(["SHELL: expected bash, zsh or fish"]);
            }

            Console.Out.WriteLine(script);
            return ExitCode.Success;
        });
        return command;
    }
}
