using System.CommandLine;
using Axvault.Client;

namespace Axvault.Api.CommandLine.Client;

/// <summary><c>axvault put</c>, <c>rm</c>, <c>restore</c> and <c>refresh</c>: changes of credentials.</summary>
internal static class PutCommand
{
    /// <summary>Returns the command that stores a credential.</summary>
    public static Command Create()
    {
        var name = ClientArguments.Name();
        var type = new Option<string>("--type")
        {
            Description = $"{CredentialTypes.OAuthCredentials}, {CredentialTypes.OAuthToken} or {CredentialTypes.ApiKey}. By default told by the data.",
            HelpName = "type",
        };
        var file = new Option<string>("--file") { Description = "File of the data, or - for standard input, which is the default.", HelpName = "path" };
        var agent = new Option<string>("--agent") { Description = "Agent that uses it, such as claude.", HelpName = "name" };
        var provider = new Option<string>("--provider") { Description = "Provider that issued it.", HelpName = "name" };
        var displayName = new Option<string>("--display-name") { Description = "Name for people.", HelpName = "text" };
        var notes = new Option<string>("--notes") { Description = "Free text, which is not encrypted.", HelpName = "text" };
        var expires = new Option<string>("--expires")
        {
            Description = "Expiry, when the data does not tell it: a time, or a duration such as 90d.",
            HelpName = "time",
        };
        var force = ClientArguments.Force("Store it although its refresh token was used before. It is not refreshed then.");
        return ClientVerb.Create(
            "put",
            """
            Store a credential, or a new version of it. The data is JSON, or a plain token or API key. It is never an argument, which other processes can read.

            Examples:
              axvault put claude.prod --agent claude --file ~/.claude/.credentials.json
              axvault put openai.key --type api-key --provider openai < key.txt
              claude setup-token | tail -1 | axvault put claude.ci --type oauth-token --agent claude
            """,
            [name, type, file, agent, provider, displayName, notes, expires, force],
            async (parsed, client, printer, cancellationToken) =>
            {
                var text = parsed.GetValue(file) is null && Prompt.CanAsk
                    ? await Prompt.SecretAsync("Token, API key or JSON:", cancellationToken)
                    : await ClientArguments.ReadFileAsync(parsed.GetValue(file) ?? "-", cancellationToken);
                var (found, data) = PutData.Of(text, parsed.GetValue(type));
                var stored = await client.Credentials.PutAsync(
                    parsed.GetRequiredValue(name),
                    new CredentialContent(found, data)
                    {
                        Agent = parsed.GetValue(agent),
                        Provider = parsed.GetValue(provider),
                        DisplayName = parsed.GetValue(displayName),
                        Notes = parsed.GetValue(notes),
                        ExpiresAt = ClientArguments.ParseTime(parsed.GetValue(expires), "--expires"),
                    },
                    force: parsed.GetValue(force),
                    cancellationToken: cancellationToken
                );
                return Tell(printer, stored, $"Stored {stored.Name} ({found}).");
            }
        );
    }

    /// <summary>Returns the command that deletes a credential.</summary>
    public static Command CreateRemove()
    {
        var name = ClientArguments.Name();
        var purge = new Option<bool>("--purge") { Description = "Delete it for good, with all versions." };
        var yes = ClientArguments.Yes();
        return ClientVerb.Create(
            "rm",
            "Delete a credential. axvault restore brings it back for 30 days, unless it is purged.",
            [name, purge, yes],
            async (parsed, client, printer, cancellationToken) =>
            {
                var (target, isPurged) = (parsed.GetRequiredValue(name), parsed.GetValue(purge));
                var question = isPurged ? $"Delete {target} and all its versions for good?" : $"Delete {target}?";
                if (!await Prompt.ConfirmAsync(parsed.GetValue(yes), question, cancellationToken))
                {
                    return ExitCode.Failure;
                }

                await client.Credentials.DeleteAsync(target, isPurged, cancellationToken);
                if (!printer.IsJson)
                {
                    Printer.Line($"Deleted {target}{(isPurged ? " for good" : "")}.");
                }

                return ExitCode.Success;
            }
        );
    }

    /// <summary>Returns the command that makes an older version current, or brings a deleted credential back.</summary>
    public static Command CreateRestore()
    {
        var name = ClientArguments.Name();
        var version = new Option<string>("--version")
        {
            Description = "Version to make current (axvault show NAME). Without it, a deleted credential comes back.",
            HelpName = "id",
        };
        var force = ClientArguments.Force("Restore it although its refresh token was used since. It is not refreshed then.");
        return ClientVerb.Create(
            "restore",
            "Bring a deleted credential back, or make an older version current.",
            [name, version, force],
            async (parsed, client, printer, cancellationToken) =>
            {
                var target = parsed.GetRequiredValue(name);
                var restored = parsed.GetValue(version) is { } id
                    ? await client.Credentials.RestoreAsync(target, id, parsed.GetValue(force), cancellationToken)
                    : await client.Credentials.UndeleteAsync(target, parsed.GetValue(force), cancellationToken);
                return Tell(printer, restored, $"Restored {restored.Name}.");
            }
        );
    }

    /// <summary>Returns the command that refreshes a credential.</summary>
    public static Command CreateRefresh()
    {
        var name = ClientArguments.Name();
        var force = ClientArguments.Force("Refresh it although its state says to wait.");
        return ClientVerb.Create(
            "refresh",
            "Refresh a credential now.",
            [name, force],
            async (parsed, client, printer, cancellationToken) =>
            {
                var refreshed = await client.Credentials.RefreshAsync(parsed.GetRequiredValue(name), parsed.GetValue(force), cancellationToken);
                var expires = refreshed.ExpiresAt is { } end ? $", expires {Printer.Text(end)}" : "";
                return Tell(printer, refreshed, $"{refreshed.Name}: {refreshed.Outcome}{expires}.");
            }
        );
    }

    /// <summary>Prints a changed credential.</summary>
    public static int Tell(Printer printer, Credential credential, string sentence)
    {
        if (printer.IsJson)
        {
            Printer.Json(credential, CommandJsonContext.Default.Credential);
        }
        else
        {
            Printer.Line(sentence);
        }

        return ExitCode.Success;
    }
}
