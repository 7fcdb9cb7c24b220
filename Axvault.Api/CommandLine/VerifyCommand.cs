using System.Globalization;
using Axvault.Api.Audit;
using Axvault.Api.Audit.Chain;
using Axvault.Api.Audit.Reading;
using Axvault.Api.Audit.Verification;
using Axvault.Api.Configuration;
using Axvault.Api.Encryption;
using Npgsql;

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
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddInMemoryCollection(flags).Build();
        if (!AxvaultOptionsReader.TryRead(configuration, out var options, out var problems))
        {
            return AxvaultCommand.Refuse(problems);
        }

        var parsed = new List<AuditAnchor>();
        foreach (var text in anchors)
        {
            if (!AuditAnchor.TryParse(text, out var anchor))
            {
                return AxvaultCommand.Refuse(["--anchor: expected the anchor of an \"Audit head\" log line: axa1.…"]);
            }

            parsed.Add(anchor);
        }

        try
        {
            return await TellAsync(await VerifyAsync(options, parsed, cancellationToken));
        }
        catch (VaultKeyException exception)
        {
            return await FailAsync(exception.Message);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            return await FailAsync($"The database at {options.Database} has no audit log: start a server of this version on it first.");
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            return await FailAsync($"The database at {options.Database} cannot be read: {exception.Message} Check AXVAULT_DATABASE_URL.");
        }
    }

    private static async Task<AuditReport> VerifyAsync(AxvaultOptions options, List<AuditAnchor> anchors, CancellationToken cancellationToken)
    {
        await using var database = NpgsqlDataSource.Create(options.Database.Reveal());
        var vault = new Vault(new VaultStore(database), options);
        await vault.OpenExistingAsync(cancellationToken);
        var auditVault = new AuditVault(vault, new AuditKeyStore(database));
        await auditVault.OpenAsync(cancellationToken);
        return await new AuditVerifier(new AuditReadStore(database), auditVault).VerifyAsync(anchors, cancellationToken);
    }

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

    private static async Task<int> FailAsync(string reason)
    {
        await Console.Error.WriteLineAsync($"axvault: {reason}");
        return ExitCode.Failure;
    }
}
