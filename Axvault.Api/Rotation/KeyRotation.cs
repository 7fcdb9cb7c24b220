using Axvault.Api.Encryption;
using Axvault.Api.Startup;
using Npgsql;

namespace Axvault.Api.Rotation;

/// <summary>Looks now and then whether anything is to be moved to the key that the fleet encrypts with, and counts what is under which key.</summary>
internal sealed partial class KeyRotation(
    KeyRotator rotator, RotationStore store, FleetMembership fleet, Vault vault, EncryptionTelemetry telemetry, VaultReadiness readiness, TimeProvider time, ILogger<KeyRotation> logger)
    : BackgroundService
{
    private static readonly TimeSpan ReadinessPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CensusInterval = TimeSpan.FromMinutes(1);

    // After a look at what cannot be moved: nothing is gained by looking at it all the time.
    private static readonly TimeSpan FutileInterval = TimeSpan.FromMinutes(1);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!readiness.IsReady)
        {
            await Task.Delay(ReadinessPause, time, stoppingToken);
        }

        long? counted = null;
        while (true)
        {
            var pause = Interval;
            try
            {
                if (fleet.IsSettled)
                {
                    var outcome = await rotator.RunAsync(stoppingToken);
                    pause = outcome == RotationOutcome.Futile ? FutileInterval : Interval;
                    counted = outcome == RotationOutcome.Finished ? null : counted;
                }

                if (counted is not { } last || time.GetElapsedTime(last) >= CensusInterval)
                {
                    telemetry.Show(KeyCensus.Of(vault.Keys, (await store.CountAsync(stoppingToken)).Select(static count => (count.Key, count.Rows))));
                    counted = time.GetTimestamp();
                }
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                Log.Interrupted(logger, exception.Message);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // The next turn may meet the same; a server that ended over it would serve nobody.
                Log.Failed(logger, exception);
                pause = FutileInterval;
            }

            await Task.Delay(pause, time, stoppingToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The rotation of the encryption key was interrupted, and goes on: {Reason}")]
        public static partial void Interrupted(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Error, "The rotation of the encryption key failed, and is tried again")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
