using System.CommandLine;

namespace Axvault.Api.CommandLine;

/// <summary><c>axvault openapi</c>: writes the description of the HTTP API.</summary>
internal static class OpenApiCommand
{
    /// <summary>Returns the command.</summary>
    /// <param name="describe">Writes the description of the API to standard output; returns the exit code.</param>
    public static Command Create(Func<Task<int>> describe)
    {
        var command = new Command(
            "openapi",
            "Write the description of the HTTP API (OpenAPI 3.1, JSON) to standard output. Needs no settings and no database."
        );
        command.SetAction((_, _) => describe());
        return command;
    }
}
