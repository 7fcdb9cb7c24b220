using System.CommandLine;
using System.Globalization;
using Axvault.Api.Audit.Verification;
using Axvault.Api.Chain;
using Axvault.Api.CommandLine.Client;
using Axvault.Api.Database;
using Axvault.Api.Startup;
using Axvault.Client;
using AuditReport = Axvault.Api.Audit.Verification.AuditReport;

namespace Axvault.Api.CommandLine;

/// <summary><c>axvault audit verify</c>: verifies the audit log of a database without a server, or has a server do it.</summary>
internal static class VerifyCommand
{
    /// <summary>Returns the command.</summary>
    public static Command Create()
    {
        var anchors = new Option<string[]>("--anchor")
        {
            Description =
                "The anchor of an \"Audit checkpoint\" log line, kept outside of the database. It shows a cut at the newest entries. Can be repeated.",
            HelpName = "axa2.…",
        };
        var command = new Command(
            "verify",
            "Verify that no entry of the audit log was changed, removed or inserted, and that no credential, key or rule is older than the log says. "
                + "With a database it needs the encryption key, and writes nothing. Without one, the server of the login verifies."
        )
        {
            anchors,
        };
        var flags = SettingFlags.AddTo(command, [DatabaseOptions.UrlSetting, AxvaultOptions.LogLevelSetting]);
        command.SetAction((parsed, cancellationToken) => RunAsync(flags.Given(parsed), parsed.GetValue(anchors) ?? [], cancellationToken));
        return command;
    }

    // Exit codes: 0, the log is intact; 1, it is broken or cannot be verified; 2, a setting or an anchor is wrong.
    private static async Task<int> RunAsync(Dictionary<string, string?> flags, IReadOnlyList<string> anchors, CancellationToken cancellationToken)
    {
        var parsed = new List<AuditAnchor>();
        foreach (var text in anchors)
        {
            if (!AuditAnchor.TryParse(text, out var anchor))
            {
                return AxvaultCommand.Refuse(["--anchor: expected the anchor of an \"Audit checkpoint\" log line: axa2.…"]);
            }

            parsed.Add(anchor);
        }

        return flags.Count == 0 && Environment.GetEnvironmentVariable(DatabaseOptions.UrlSetting.Variable) is null or "" && HasServer()
            ? await ClientVerb.GuardAsync(() => VerifyByServerAsync(anchors, cancellationToken))
            : await VaultTool.RunAsync(flags, (tool, token) => VerifyAsync(tool, parsed, token), cancellationToken);
    }

    // A wrong configuration is told by the command that reads it.
    private static bool HasServer()
    {
        try
        {
            return ClientConfiguration.Find() is not null;
        }
        catch (AxvaultException)
        {
            return true;
        }
    }

    private static async Task<int> VerifyByServerAsync(IReadOnlyCollection<string> anchors, CancellationToken cancellationToken)
    {
        using var connection = AxvaultClient.Connect(ClientConfiguration.Read().Options);
        var report = await connection.Client.Audit.VerifyAsync(anchors, cancellationToken);
        return await TellAsync(
            new AuditReport
            {
                Valid = report.Valid,
                Entries = report.Entries,
                Lanes = report.Lanes,
                LastCheckpoint = report.LastCheckpoint,
                Head = report.Head,
                Fault = report.Fault,
                Lane = report.Lane,
                Sequence = report.Sequence,
                Checkpoint = report.Checkpoint,
                Detail = report.Detail,
            }
        );
    }

    private static async Task<int> VerifyAsync(VaultTool tool, IReadOnlyList<AuditAnchor> anchors, CancellationToken cancellationToken) =>
        await TellAsync(
            await new AuditVerifier(tool.Database, await tool.OpenAuditAsync(cancellationToken)).VerifyAsync(anchors, null, cancellationToken)
        );

    private static async Task<int> TellAsync(AuditReport report)
    {
        if (report.Valid)
        {
            await Console.Out.WriteLineAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The audit log is intact: {report.Entries} entries in {report.Lanes} lanes, up to checkpoint {report.LastCheckpoint}."
                ) + $" Keep its head: {report.Head}"
            );
            return ExitCode.Success;
        }

        var (place, invariant) = (report.ToPlace(), CultureInfo.InvariantCulture);
        await Console.Out.WriteLineAsync(
            report.Fault == AuditFault.RolledBack
                ? string.Create(
                    invariant,
                    $"The {report.Entries} entries of the audit log are intact. A row is older than {place} says ({report.Fault}): {report.Detail}"
                )
                : string.Create(
                    invariant,
                    $"The audit log is broken at {place} ({report.Fault}): {report.Detail} {report.Entries} entries before it are intact."
                )
        );
        return ExitCode.Failure;
    }
}
