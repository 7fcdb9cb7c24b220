using Axvault.Api.Authorization;
using Axvault.Api.Configuration;
using Axvault.Api.Credentials;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh.Shapes;
using Axvault.Api.Refresh.Spool;
using Axvault.Api.Startup;
using Axvault.Api.Telemetry;
using Npgsql;

namespace Axvault.Api.Refresh;

/// <summary>
/// Looks through the vault at intervals: stores what was left in the spool, refreshes what is about to expire and nobody reads, and counts. Any
/// number of servers may do it: a credential is claimed like for a read, so the fleet refreshes it once.
/// </summary>
internal sealed partial class RefreshSweeper(
    ExpiryStore store,
    CredentialStore credentialStore,
    CredentialOpener credentials,
    Refresher refresher,
    TokenDelivery delivery,
    TokenSpool spool,
    RefreshTelemetry telemetry,
    CredentialTelemetry credentialTelemetry,
    VaultReadiness readiness,
    AxvaultOptions options,
    TimeProvider time,
    ILogger<RefreshSweeper> logger) : BackgroundService
{
    private const int BatchSize = 500;

    private static readonly TimeSpan ReadinessPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan SpoolPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CensusInterval = TimeSpan.FromMinutes(1);

    private readonly RefreshOptions _options = options.Refresh;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!readiness.IsReady)
        {
            await Task.Delay(ReadinessPause, time, stoppingToken);
        }

        spool.Prepare();
        while (!await delivery.DeliverLeftAsync())
        {
            await Task.Delay(SpoolPause, time, stoppingToken);
        }

        var sweeps = refresher.IsEnabled && _options.SweepInterval > TimeSpan.Zero;
        var interval = sweeps ? _options.SweepInterval : CensusInterval;
        while (true)
        {
            await LookAsync(sweeps, stoppingToken);

            // Servers that were started together do not sweep together.
            await Task.Delay(interval * (0.5 + Random.Shared.NextDouble()), time, stoppingToken);
        }
    }

    private async Task LookAsync(bool sweeps, CancellationToken stoppingToken)
    {
        using var span = RefreshTelemetry.StartSweep();
        try
        {
            await delivery.DeliverLeftAsync();
            if (sweeps)
            {
                await SweepAsync(stoppingToken);
            }

            telemetry.Show(await store.CountAsync(stoppingToken));
            credentialTelemetry.Show(await credentialStore.CountAsync(stoppingToken));
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            span.Fail(exception);
            Log.Interrupted(logger, exception.Message);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            // The next look may meet the same, and still spares the other credentials; a server that ended over it would spare none.
            span.Fail(exception);
            Log.Failed(logger, exception);
        }
    }

    private async Task SweepAsync(CancellationToken stoppingToken)
    {
        foreach (var name in await store.FindUnreadAsync(BatchSize, stoppingToken))
        {
            await NoteExpiryAsync(name, stoppingToken);
        }

        var parallel = new ParallelOptions { MaxDegreeOfParallelism = _options.SweepConcurrency, CancellationToken = stoppingToken };
        for (CredentialName? after = null; ;)
        {
            var expiring = await store.FindExpiringAsync(_options.Rules, after, BatchSize, stoppingToken);
            await Parallel.ForEachAsync(expiring, parallel, async (name, cancellationToken) => await RefreshAsync(name, cancellationToken));
            if (expiring.Count < BatchSize)
            {
                return;
            }

            after = expiring[^1];
        }
    }

    // Put by a server that knew nothing of expiry.
    private async Task NoteExpiryAsync(CredentialName name, CancellationToken stoppingToken)
    {
        if (await LoadAsync(name, stoppingToken) is { } credential)
        {
            var metadata = credential.Stored.Metadata;
            await store.NoteExpiryAsync(credential.Stored, TokenExpiry.Of(metadata.Attributes, credential.Data, metadata.UpdatedAt), stoppingToken);
        }
    }

    private async Task RefreshAsync(CredentialName name, CancellationToken stoppingToken)
    {
        if (await LoadAsync(name, stoppingToken) is { } credential && IsTurn(credential))
        {
            await refresher.RefreshIfDueAsync(credential, stoppingToken);
        }
    }

    // What is read is refreshed by its readers, as soon as it is due. The rest waits for a moment of its own in the first half of what is left then, the
    // same on every server, so that credentials which were put together are not refreshed together.
    private bool IsTurn(OpenedCredential credential)
    {
        var stored = credential.Stored;
        if ((stored.Metadata.Attributes.ExpiresAt ?? stored.NotedExpiry) is not { } expiresAt)
        {
            return false;
        }

        var window = _options.Rules.Threshold;
        if (stored.Refresh.Lifetime * _options.Rules.LifetimeFraction is { } part && part < window)
        {
            window = part;
        }

        var chance = (BitConverter.ToUInt32(stored.RowId.ToByteArray(), 12) ^ (uint)(stored.Version * 2_654_435_761)) / (double)uint.MaxValue;
        return expiresAt - stored.ReadAt <= window * (1 - (0.5 * chance));
    }

    private async Task<OpenedCredential?> LoadAsync(CredentialName name, CancellationToken stoppingToken)
    {
        try
        {
            return await credentials.LoadAsync(name, stoppingToken);
        }
        catch (EnvelopeException exception)
        {
            // It is reported to whoever reads it, too; the others are still looked through.
            Log.DoesNotOpen(logger, name.Value, exception.Message);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Looking through the credentials was interrupted: {Reason}")]
        public static partial void Interrupted(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Error, "Looking through the credentials failed")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Error, "{Credential} cannot be looked through: {Reason}")]
        public static partial void DoesNotOpen(ILogger logger, string credential, string reason);
    }
}
