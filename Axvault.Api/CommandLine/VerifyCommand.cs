using System.CommandLine;
using System.Globalization;
using Axvault.Api.Audit.Verification;
using Axvault.Api.Chain;
using Axvault.Api.Database;
using Axvault.Api.Startup;

namespace Axvault.Api.CommandLine;

/// <summary><c>axvault audit verify</c>: verifies the audit log of a database without a server.</summary>
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
            "Verify that no entry of the audit log was changed, removed or inserted. Needs the database and the encryption key; writes nothing."
        )
        {
            anchors,
        };
        var flags = SettingFlags.AddTo(command, [DatabaseOptions.UrlSetting, AxvaultOptions.LogLevelSetting]);
        command.SetAction((parsed, cancellationToken) => RunAsync(flags.Given(parsed), parsed.GetValue(anchors) ?? [], cancellationToken));
        return command;
    }

    // Exit codes: 0, the log is intact; 1, it is broken or cannot be verified; 2, a setting or an anchor is wrong.
    private static async Task<int> RunAsync(IReadOnlyDictionary<string, string?> flags, IReadOnlyList<string> anchors, CancellationToken cancellationToken)
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

        return await VaultTool.RunAsync(flags, (tool, token) => VerifyAsync(tool, parsed, token), cancellationToken);
    }

    private static async Task<int> VerifyAsync(VaultTool tool, IReadOnlyList<AuditAnchor> anchors, CancellationToken cancellationToken) =>
        await TellAsync(
            await new AuditVerifier(tool.Database, await tool.OpenAuditAsync(cancellationToken)).VerifyAsync(anchors, cancellationToken)
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

        await Console.Out.WriteLineAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"The audit log is broken at {report.ToPlace()} ({report.Fault}): {report.Detail} {report.Entries} entries before it are intact."
            )
        );
        return ExitCode.Failure;
    }
}
