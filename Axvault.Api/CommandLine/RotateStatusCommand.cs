using Axvault.Api.Audit.Chain;
using Axvault.Api.Configuration;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh.Spool;
using Axvault.Api.Rotation;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Axvault.Api.CommandLine;

/// <summary><c>axvault rotate-status</c>: which encryption keys are in use, and whether the older ones can go, from outside of any server.</summary>
internal static class RotateStatusCommand
{
    /// <summary>Says on standard output what is under which key; what it could not do, on standard error.</summary>
    /// <param name="flags">The flags that were given, by the names of their variables.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>0: the older keys can go. 1: they cannot yet, or it could not be found out. 2: a setting is wrong.</returns>
    public static async Task<int> RunAsync(IReadOnlyDictionary<string, string?> flags, CancellationToken cancellationToken)
    {
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddInMemoryCollection(flags).Build();
        if (!AxvaultOptionsReader.TryRead(configuration, out var options, out var problems))
        {
            return AxvaultCommand.Refuse(problems);
        }

        try
        {
            return await TellAsync(await ReadAsync(options, cancellationToken));
        }
        catch (VaultKeyException exception)
        {
            return await FailAsync(exception.Message);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            return await FailAsync($"The database at {options.Database} has no vault of this version: start a server of this version on it first.");
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            return await FailAsync($"The database at {options.Database} cannot be read: {exception.Message} Check AXVAULT_DATABASE_URL.");
        }
    }

    private static async Task<RotationReport> ReadAsync(AxvaultOptions options, CancellationToken cancellationToken)
    {
        await using var database = NpgsqlDataSource.Create(options.Database.Reveal());
        var vaultStore = new VaultStore(database);
        var vault = new Vault(vaultStore, options);
        await vault.OpenExistingAsync(cancellationToken);
        var rotation = new RotationStore(database);
        return RotationReport.Of(
            vault.Keys,
            await rotation.FindAsync(cancellationToken),
            await rotation.CountAsync(cancellationToken),
            await vaultStore.FindKeysAsync(cancellationToken),
            [.. (await new AuditKeyStore(database).ReadAsync(cancellationToken)).Select(static key => (key.Id, key.WrappedBy))],
            await new FleetStore(database).FindAllAsync(cancellationToken),
            new TokenSpool(options, vault, NullLogger<TokenSpool>.Instance).CountByKey());
    }

    private static async Task<int> TellAsync(RotationReport report)
    {
        foreach (var line in report.Lines)
        {
            await Console.Out.WriteLineAsync(line);
        }

        await Console.Out.WriteLineAsync(report.OthersCanGo
            ? "The older keys can go: nothing needs them."
            : $"The older keys are still needed: {string.Join("; ", report.Needs)}.");
        return report.OthersCanGo ? ExitCode.Success : ExitCode.Failure;
    }

    private static async Task<int> FailAsync(string reason)
    {
        await Console.Error.WriteLineAsync($"axvault: {reason}");
        return ExitCode.Failure;
    }
}
