using System.CommandLine;
using System.Text.Json;
using Axvault.Client;
using Axvault.Client.Agents;

namespace Axvault.Api.CommandLine.Client;

/// <summary><c>axvault read</c> and <c>token</c>: the commands that print a secret.</summary>
internal static class ReadCommand
{
    private const string JsonOutput = "json";
    private const string EnvOutput = "env";
    private const string FileOutput = "file";

    /// <summary>Returns the command that prints the data of a credential.</summary>
    public static Command Create()
    {
        var name = ClientArguments.Name();
        var field = new Option<string>("--field") { Description = "Member of the data to print, such as tokens.access_token.", HelpName = "path" };
        var output = new Option<string>("--output")
        {
            Description = "json: the data. env: lines for a shell. file: the data, into the file of --file.",
            HelpName = "form",
        };
        var file = new Option<string>("--file") { Description = "File to write, with mode 600.", HelpName = "path" };
        return ClientVerb.Create(
            "read",
            """
            Print the data of a credential. The server refreshes it before, when that is due. The output is a secret.

            Examples:
              axvault read claude.prod
              axvault read codex.ci --field tokens.access_token
              eval "$(axvault read gemini.ci --output env)"
              axvault read codex.ci --output file --file ~/codex.json
            """,
            [name, field, output, file],
            async (parsed, client, _, cancellationToken) =>
            {
                var form = parsed.GetValue(output) ?? (parsed.GetValue(file) is null ? JsonOutput : FileOutput);
                if (form is not (JsonOutput or EnvOutput or FileOutput) || (form == FileOutput) != (parsed.GetValue(file) is not null))
                {
                    throw ClientArguments.Wrong("--output: expected json, env, or file together with --file PATH.");
                }

                var credential = await ReadAsync(client, parsed.GetRequiredValue(name), cancellationToken);
                if (form == EnvOutput)
                {
                    foreach (var (variable, value) in ExecVariables.Of(credential))
                    {
                        Printer.Raw($"export {variable}='{value.Replace("'", "'\\''", StringComparison.Ordinal)}'");
                    }

                    return ExitCode.Success;
                }

                var found = Find(credential, parsed.GetValue(field));
                var text = found.ValueKind == JsonValueKind.String ? found.GetString()! : null;
                if (form == FileOutput)
                {
                    PrivateFile.Replace(Path.GetFullPath(parsed.GetValue(file)!), text ?? found.GetRawText());
                }
                else if (text is not null)
                {
                    Printer.Raw(text);
                }
                else
                {
                    Printer.Json(found);
                }

                return ExitCode.Success;
            }
        );
    }

    /// <summary>Returns the command that prints an access token and nothing else.</summary>
    public static Command CreateToken()
    {
        var name = ClientArguments.Name();
        return ClientVerb.Create(
            "token",
            """
            Print the access token or API key of a credential, and nothing else. The server refreshes it before, when that is due.

            Examples:
              "apiKeyHelper": "axvault token claude.prod"             settings.json of Claude Code
              auth = { command = "axvault", args = ["token", "codex.ci"] }    a provider in Codex' config.toml
            """,
            [name],
            async (parsed, client, _, cancellationToken) =>
            {
                Printer.Raw((await ReadAsync(client, parsed.GetRequiredValue(name), cancellationToken)).RevealAccessToken());
                return ExitCode.Success;
            }
        );
    }

    /// <summary>Reads a credential, and warns on standard error when it could not be refreshed.</summary>
    public static async Task<OpenedCredential> ReadAsync(AxvaultClient client, string name, CancellationToken cancellationToken)
    {
        var credential = await client.Credentials.ReadAsync(name, cancellationToken);
        if (credential.RefreshFailed)
        {
            await Console.Error.WriteLineAsync(
                $"axvault: warning: {credential.Name} was not refreshed ({Printer.Clean(credential.Refresh?.Error ?? "see the audit log")}). "
                    + "The stored token is used."
            );
        }

        return credential;
    }

    /// <summary>Returns the member of the data at <paramref name="path"/>; all of it without a path.</summary>
    /// <exception cref="AxvaultException">There is no such member.</exception>
    public static JsonElement Find(OpenedCredential credential, string? path)
    {
        var found = credential.RevealData();
        foreach (var member in path?.Split('.') ?? [])
        {
            if (found.ValueKind != JsonValueKind.Object || !found.TryGetProperty(member, out found))
            {
                throw new AxvaultException(AxvaultError.NotFound, $"The data of {credential.Name} has no member {path}.");
            }
        }

        return found;
    }
}
