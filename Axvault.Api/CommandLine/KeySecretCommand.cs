using System.CommandLine;
using Axvault.Api.Keys;

namespace Axvault.Api.CommandLine;

/// <summary><c>axvault key-secret</c>: prints a new secret for the file of the first API key.</summary>
internal static class KeySecretCommand
{
    /// <summary>Returns the command.</summary>
    public static Command Create()
    {
        var command = new Command(
            "key-secret",
            "Write a new API key secret to standard output, for AXVAULT_BOOTSTRAP_SECRET_FILE. Makes no key. Needs no settings and no database."
        );
        command.SetAction(static _ => Console.Out.WriteLine(ApiKeySecret.Create().Reveal()));
        return command;
    }
}
