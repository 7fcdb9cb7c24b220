using Axvault.Api.Audit;
using Axvault.Api.Configuration;
using Axvault.Api.Encryption;
using Axvault.Api.Migrations;
using Npgsql;

namespace Axvault.Api.Startup;

/// <summary>
/// What happens before the first request is served: wait for the database, migrate, open the vault, make the first key. The port is bound
/// before it, so a port that is taken ends the start with nothing written, and a liveness probe is answered meanwhile.
/// </summary>
internal sealed partial class VaultStartup(
    DatabaseWait database, Migrator migrator, Vault vault, AuditVault auditVault, StartupAudit audit, Bootstrap bootstrap, VaultReadiness readiness, AxvaultOptions options, ILogger<VaultStartup> logger)
    : IHostedLifecycleService
{
    /// <inheritdoc />
    /// <exception cref="VaultStartupException">The server cannot start.</exception>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await database.WaitAsync(cancellationToken);
            var migrations = await migrator.MigrateAsync(cancellationToken);
            await vault.OpenAsync(cancellationToken);
            await auditVault.OpenAsync(cancellationToken);
            await auditVault.KeepAsync(cancellationToken);
            await audit.RecordAsync(migrations, cancellationToken);
            await bootstrap.RunAsync(cancellationToken);
        }
        catch (VaultKeyException exception)
        {
            throw new VaultStartupException(exception.Message, exception);
        }
        catch (PostgresException exception)
        {
            throw new VaultStartupException($"The database at {options.Database} refuses to be set up: {exception.MessageText} ({exception.SqlState}). {Advice(exception)}", exception);
        }
        catch (NpgsqlException exception)
        {
            throw new VaultStartupException($"The database at {options.Database} was lost while the server started: {exception.Message}", exception);
        }

        // What only the start needed goes back to the system: the next collection would come with load, and keep it.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        readiness.Open();
        Log.Ready(logger, options.Database.Description);
    }

    /// <inheritdoc />
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static string Advice(PostgresException exception) => exception.SqlState switch
    {
        PostgresErrorCodes.InsufficientPrivilege => "Its user needs the right to create a schema: grant create on database … to …",
        PostgresErrorCodes.ReadOnlySqlTransaction => "It is a standby: name the primary in AXVAULT_DATABASE_URL, or all servers with target_session_attrs=read-write.",
        _ => "Nothing was served.",
    };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The vault is open, on the database at {Address}")]
        public static partial void Ready(ILogger logger, string address);
    }
}
