using System.CommandLine;
using Axvault.Api.Startup;

namespace Axvault.Api.CommandLine;

/// <summary><c>axvault serve</c>: runs a server.</summary>
internal static class ServeCommand
{
    /// <summary>Returns the command.</summary>
    /// <param name="serve">Runs a server with the flags that were given, by the names of their variables; returns the exit code.</param>
    public static Command Create(Func<IReadOnlyDictionary<string, string?>, Task<int>> serve)
    {
        var command = new Command("serve", "Start the server. Flags beat environment variables; secrets are given by variables alone.");
        var flags = SettingFlags.AddTo(command, AxvaultOptions.AllSettings);
        command.SetAction((parsed, _) => serve(flags.Given(parsed)));
        return command;
    }
}
