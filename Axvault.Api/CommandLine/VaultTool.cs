using Axvault.Api.Chain;
using Axvault.Api.Encryption;
using Axvault.Api.Startup;
using Npgsql;

namespace Axvault.Api.CommandLine;

/// <summary>An open vault for a command that works on the database without a server.</summary>
internal sealed class VaultTool
{
    private VaultTool(AxvaultOptions options, NpgsqlDataSource database, Vault vault) => (Options, Database, Vault) = (options, database, vault);

    /// <summary>The settings.</summary>
    public AxvaultOptions Options { get; }

    /// <summary>The database.</summary>
    public NpgsqlDataSource Database { get; }

    /// <summary>The vault, open.</summary>
    public Vault Vault { get; }

    /// <summary>
    /// Opens the vault with the encryption key, writes nothing, and runs <paramref name="command"/>. A failure is one line on standard error.
    /// </summary>
    /// <param name="flags">The flags that were given, by the names of their variables.</param>
    /// <param name="command">The work; returns the exit code.</param>
    /// <param name="cancellationToken">The token that cancels the work.</param>
    /// <returns>The exit code of the command; 1 when the vault or its database does not open; 2 when a setting is wrong.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyDictionary<string, string?> flags,
        Func<VaultTool, CancellationToken, Task<int>> command,
        CancellationToken cancellationToken
    )
    {
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddInMemoryCollection(flags).Build();
        if (!AxvaultOptions.TryRead(configuration, out var options, out var problems))
        {
            return AxvaultCommand.Refuse(problems);
        }

        try
        {
            await using var database = NpgsqlDataSource.Create(options.Database.Address.Reveal());
            var vault = new Vault(new VaultStore(database), options.Encryption);
            await vault.OpenExistingAsync(cancellationToken);
            return await command(new VaultTool(options, database, vault), cancellationToken);
        }
        catch (VaultKeyException exception)
        {
            return await FailAsync(exception.Message);
        }
        catch (PostgresException exception)
            when (exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.InvalidSchemaName)
        {
            return await FailAsync($"The database at {options.Database.Address} has no vault of this version: start a server of this version on it first.");
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            return await FailAsync($"The database at {options.Database.Address} cannot be used: {exception.Message} Check AXVAULT_DATABASE_URL.");
        }
    }

    /// <summary>Opens the keys of the audit chain.</summary>
    /// <exception cref="VaultKeyException">One of them is under a key that is not configured.</exception>
    public async Task<ChainKeyRing> OpenAuditAsync(CancellationToken cancellationToken)
    {
        var audit = new ChainKeyRing(Vault, new ChainKeyStore(Database));
        await audit.OpenAsync(cancellationToken);
        return audit;
    }

    private static async Task<int> FailAsync(string reason)
    {
        await Console.Error.WriteLineAsync($"axvault: {reason}");
        return ExitCode.Failure;
    }
}
