using System.CommandLine;
using Axvault.Client;

namespace Axvault.Api.CommandLine.Client;

/// <summary><c>axvault list</c> and <c>show</c>: metadata, never a value.</summary>
internal static class ListCommand
{
    /// <summary>Returns the command that lists credentials.</summary>
    public static Command Create()
    {
        var deleted = new Option<bool>("--deleted") { Description = "List deleted credentials instead." };
        return ClientVerb.Create(
            "list",
            "List the credentials that the key may read, and their health. No value is shown.",
            [deleted],
            async (parsed, client, printer, cancellationToken) =>
            {
                var found = await client.Credentials.ListAsync(parsed.GetValue(deleted), cancellationToken).ToListAsync(cancellationToken);
                if (printer.IsJson)
                {
                    Printer.Json(found, CommandJsonContext.Default.IReadOnlyListCredential);
                    return ExitCode.Success;
                }

                printer.Table(
                    ["NAME", "TYPE", "AGENT", "PROVIDER", "EXPIRES", "HEALTH"],
                    [
                        .. found.Select(static one =>
                            new[]
                            {
                                one.Name,
                                one.Type,
                                one.Agent,
                                one.Provider,
                                Printer.Text(one.KnownExpiry),
                                Health.Of(one, TimeProvider.System.GetUtcNow()),
                            }
                        ),
                    ],
                    "No credential is there for this key.",
                    static row => row[^1] != Health.Good
                );
                return ExitCode.Success;
            }
        );
    }

    /// <summary>Returns the command that shows a credential.</summary>
    public static Command CreateShow()
    {
        var name = ClientArguments.Name();
        return ClientVerb.Create(
            "show",
            "Show a credential: metadata, refreshes and versions. No value is shown.",
            [name],
            async (parsed, client, printer, cancellationToken) =>
            {
                var credential = await client.Credentials.FindAsync(parsed.GetRequiredValue(name), cancellationToken)
                    ?? throw new AxvaultException(AxvaultError.NotFound, $"There is no credential {parsed.GetRequiredValue(name)} for this key.");
                var versions = await client.Credentials.ListVersionsAsync(credential.Name, cancellationToken);
                var shown = new ShownCredential(credential, versions);
                if (printer.IsJson)
                {
                    Printer.Json(shown, CommandJsonContext.Default.ShownCredential);
                    return ExitCode.Success;
                }

                Print(shown, printer);
                return ExitCode.Success;
            }
        );
    }

    private static void Print(ShownCredential shown, Printer printer)
    {
        var (credential, versions) = shown;
        var permission = PermittedUse.Of(credential);
        printer.Details(
            ("Name", credential.Name),
            ("Type", credential.Type),
            ("Agent", credential.Agent),
            ("Provider", credential.Provider),
            ("Display name", credential.DisplayName),
            ("Notes", credential.Notes),
            ("Permission", $"{permission.Name}: {permission.Meaning}"),
            ("Expires", credential.KnownExpiry is null ? "not known" : Printer.Text(credential.KnownExpiry)),
            ("Health", Health.Of(credential, TimeProvider.System.GetUtcNow())),
            ("Refreshed", Printer.Text(credential.Refresh?.LastRefreshedAt)),
            ("Failed", Printer.Text(credential.Refresh?.FailedAt)),
            ("Next attempt", Printer.Text(credential.Refresh?.NextAttemptAt)),
            ("Created", Printer.Text(credential.CreatedAt)),
            ("Updated", Printer.Text(credential.UpdatedAt))
        );
        foreach (var version in versions)
        {
            printer.Details(("Version", $"{version.Version}, current from {Printer.Text(version.CreatedAt)} to {Printer.Text(version.ReplacedAt)}"));
        }
    }
}

/// <summary>A credential and its kept versions.</summary>
/// <param name="Credential">The credential.</param>
/// <param name="Versions">The versions, the last replaced one first.</param>
internal sealed record ShownCredential(Credential Credential, IReadOnlyList<CredentialVersion> Versions);
