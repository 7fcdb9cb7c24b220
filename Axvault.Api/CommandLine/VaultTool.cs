using Axvault.Api.Audit;
using Axvault.Api.Audit.Chain;
using Axvault.Api.Configuration;
using Axvault.Api.Encryption;
using Npgsql;

namespace Axvault.Api.CommandLine;

/// <summary>A vault as a command opens it that works on its database from outside of any server.</summary>
internal sealed class VaultTool
{
    private VaultTool(AxvaultOptions options, NpgsqlDataSource database, Vault vault) => (Options, Database, Vault) = (options, database, vault);

    /// <summary>The settings.</summary>
    public AxvaultOptions Options { get; }

    /// <summary>The database.</summary>
    public NpgsqlDataSource Database { get; }

    /// <summary>The vault, open.</summary>
    public Vault Vault { get; }

    /// <summary>Opens the vault with the encryption key, writing nothing, and runs <paramref name="command"/>; says in one line on standard error what is in the way.</summary>
    /// <param name="flags">The flags that were given, by the names of their variables.</param>
    /// <param name="command">What to do; returns the exit code.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The exit code: that of the command; 1: the vault or its database does not open. 2: a setting is wrong.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyDictionary<string, string?> flags, Func<VaultTool, CancellationToken, Task<int>> command, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(command);

        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddInMemoryCollection(flags).Build();
        if (!AxvaultOptionsReader.TryRead(configuration, out var options, out var problems))
        {
            return AxvaultCommand.Refuse(problems);
        }

        try
        {
            await using var database = NpgsqlDataSource.Create(options.Database.Reveal());
            var vault = new Vault(new VaultStore(database), options);
            await vault.OpenExistingAsync(cancellationToken);
            return await command(new VaultTool(options, database, vault), cancellationToken);
        }
        catch (VaultKeyException exception)
        {
            return await FailAsync(exception.Message);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.InvalidSchemaName)
        {
            return await FailAsync($"The database at {options.Database} has no vault of this version: start a server of this version on it first.");
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            return await FailAsync($"The database at {options.Database} cannot be used: {exception.Message} Check AXVAULT_DATABASE_URL.");
        }
    }

    /// <summary>Opens the keys of the audit chain.</summary>
    /// <exception cref="VaultKeyException">One of them is under a key that is not configured.</exception>
    public async Task<AuditVault> OpenAuditAsync(CancellationToken cancellationToken)
    {
        var audit = new AuditVault(Vault, new AuditKeyStore(Database));
        await audit.OpenAsync(cancellationToken);
        return audit;
    }

    private static async Task<int> FailAsync(string reason)
    {
        await Console.Error.WriteLineAsync($"axvault: {reason}");
        return ExitCode.Failure;
    }
}
