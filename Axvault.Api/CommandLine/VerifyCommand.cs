using System.Globalization;
using Axvault.Api.Audit.Chain;
using Axvault.Api.Audit.Reading;
using Axvault.Api.Audit.Verification;

namespace Axvault.Api.CommandLine;

/// <summary><c>axvault audit verify</c>: verifies the audit log of a database, from outside of any server.</summary>
internal static class VerifyCommand
{
    /// <summary>Verifies it, and says in one line on standard output what was found; what it could not do, on standard error.</summary>
    /// <param name="flags">The flags that were given, by the names of their variables.</param>
    /// <param name="anchors">Anchors of the log.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>0: intact. 1: it is not, or could not be verified. 2: a setting or an anchor is wrong.</returns>
    public static async Task<int> RunAsync(IReadOnlyDictionary<string, string?> flags, IReadOnlyList<string> anchors, CancellationToken cancellationToken)
    {
        var parsed = new List<AuditAnchor>();
        foreach (var text in anchors)
        {
            if (!AuditAnchor.TryParse(text, out var anchor))
            {
                return AxvaultCommand.Refuse(["--anchor: expected the anchor of an \"Audit head\" log line: axa1.…"]);
            }

            parsed.Add(anchor);
        }

        return await VaultTool.RunAsync(flags, (tool, token) => VerifyAsync(tool, parsed, token), cancellationToken);
    }

    private static async Task<int> VerifyAsync(VaultTool tool, IReadOnlyList<AuditAnchor> anchors, CancellationToken cancellationToken) =>
        await TellAsync(await new AuditVerifier(new AuditReadStore(tool.Database), await tool.OpenAuditAsync(cancellationToken)).VerifyAsync(anchors, cancellationToken));

    private static async Task<int> TellAsync(AuditReport report)
    {
        if (report.Valid)
        {
            await Console.Out.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"The audit log is intact: {report.Entries} entries, up to {report.LastSequence}. Keep its head: {report.Head}"));
            return ExitCode.Success;
        }

        await Console.Out.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"The audit log is broken at entry {report.Sequence} ({report.Fault}): {report.Detail} {report.Entries} entries before it are intact."));
        return ExitCode.Failure;
    }
}
