using Axvault.Api.Encryption;
using Axvault.Api.Lifetime;
using Npgsql;

namespace Axvault.Api.Startup;

/// <summary>The steps before the first request is served: set up the database, open the vault and the audit log, make the first key.</summary>
/// <remarks>
/// The port is bound before these steps.
/// A taken port therefore ends the start with nothing written, and a liveness probe is answered meanwhile.
/// </remarks>
internal sealed partial class ServerStartup(
    DatabaseSetup database,
    Vault vault,
    StartupAudit audit,
    Bootstrap bootstrap,
    ServerReadiness readiness,
    ILogger<ServerStartup> logger
) : IHostedLifecycleService
{
    /// <inheritdoc />
    /// <exception cref="ServerStartupException">The server cannot start.</exception>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        try
        {
            var migrations = await database.MigrateAsync(cancellationToken);
            await vault.OpenAsync(cancellationToken);
            await audit.OpenAsync(cancellationToken);
            await audit.RecordAsync(migrations);
            await bootstrap.RunAsync(cancellationToken);
        }
        catch (VaultKeyException exception)
        {
            throw new ServerStartupException(exception.Message, exception);
        }
        catch (NpgsqlException exception)
        {
            throw database.Explain(exception);
        }

        readiness.Open();
        Log.Ready(logger, database.Description);
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

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The vault is open, on the database at {Address}")]
        public static partial void Ready(ILogger logger, string address);
    }
}
