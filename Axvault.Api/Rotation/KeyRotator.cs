using Axvault.Api.Encryption;

namespace Axvault.Api.Rotation;

/// <summary>
/// Moves every envelope and every MAC to the KEK that the fleet encrypts with. It works in batches, at a bounded rate, on the one server that holds the claim.
/// After any end, even a kill, a later run moves the remaining rows. A row is replaced only while it is as it was read, so no change is lost.
/// </summary>
/// <remarks>docs/operations/key-rotation.md describes the rotation and the failures that each step survives.</remarks>
internal sealed partial class KeyRotator(
    RotationStore store,
    FleetMembership fleet,
    Vault vault,
    RotationBatches batches,
    RotationJournal journal,
    TimeProvider time,
    ILogger<KeyRotator> logger
)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PassPause = TimeSpan.FromMilliseconds(500);

    // The pause after a batch, as a multiple of the batch's duration. It leaves the database and the processor to requests.
    private const int PauseFactor = 4;

    /// <summary>Moves the rows that are left. The fleet must be settled.</summary>
    public async Task<RotationOutcome> RunAsync(CancellationToken stoppingToken)
    {
        var kek = vault.Keys.Current.Id;
        var state = await store.FindAsync(stoppingToken);
        var isOpen = state.Kek != kek || !state.IsFinished;
        if (!isOpen && !await store.HasOthersAsync(kek, stoppingToken))
        {
            return RotationOutcome.Idle;
        }

        if (state.Kek is null && !await store.HasOthersAsync(kek, stoppingToken) && await store.AdoptAsync(kek, stoppingToken))
        {
            return RotationOutcome.Idle;
        }

        if (!await store.ClaimAsync(vault.Server, kek, Lease, stoppingToken))
        {
            return RotationOutcome.Left;
        }

        try
        {
            return await RunAsync(state, kek, stoppingToken);
        }
        finally
        {
            await store.ReleaseAsync(vault.Server, CancellationToken.None);
        }
    }

    private async Task<RotationOutcome> RunAsync(RotationState state, KekId kek, CancellationToken stoppingToken)
    {
        // A paused server may have left a row under an older KEK: that begins another rotation. A row that will never open does not.
        var run = new RotationRun(kek) { HasBegun = state.Kek == kek && !state.IsFinished };
        if (state.Kek != kek && !await BeginAsync(run, stoppingToken))
        {
            return RotationOutcome.Left;
        }

        while (true)
        {
            run.Unreadable = 0;
            foreach (var next in batches.OfTables(kek))
            {
                if (!await PassAsync(run, next, stoppingToken))
                {
                    return RotationOutcome.Left;
                }
            }

            // Rows that were changed or locked meanwhile come again in the next pass.
            var (known, _) = await journal.CountOthersAsync(stoppingToken);
            if (known <= run.Unreadable)
            {
                break;
            }

            await Task.Delay(PassPause, time, stoppingToken);
        }

        return !run.HasBegun ? RotationOutcome.Futile
            : await journal.FinishAsync(run, stoppingToken) ? RotationOutcome.Finished
            : RotationOutcome.Left;
    }

    // Returns false when this server must stop the rotation.
    private async Task<bool> PassAsync(RotationRun run, Func<CancellationToken, Task<RotationBatch?>> next, CancellationToken stoppingToken)
    {
        while (true)
        {
            var started = time.GetTimestamp();
            var ring = vault.Keys;
            if (!fleet.IsSettled || ring.Current.Id != run.Kek || !await store.ClaimAsync(vault.Server, run.Kek, Lease, stoppingToken))
            {
                if (run.HasBegun)
                {
                    Log.Left(logger, run.Kek.ToString());
                }

                return false;
            }

            if (await next(stoppingToken) is not { } batch)
            {
                return true;
            }

            run.Unreadable += batch.Unreadable;
            if (batch.Renewed > 0)
            {
                if (!run.HasBegun && !await BeginAsync(run, stoppingToken))
                {
                    return false;
                }

                await batch.MoveAsync(stoppingToken);
                if (run.ToldAt is not { } last || time.GetElapsedTime(last) >= ProgressInterval)
                {
                    run.ToldAt = time.GetTimestamp();
                    await journal.TellAsync(run, stoppingToken);
                }
            }

            var pause = time.GetElapsedTime(started) * PauseFactor;
            await Task.Delay(pause > LeastPause ? pause : LeastPause, time, stoppingToken);
        }
    }

    private async Task<bool> BeginAsync(RotationRun run, CancellationToken stoppingToken)
    {
        run.ToldAt = time.GetTimestamp();
        return await journal.BeginAsync(run, stoppingToken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The rotation to the key {Key} is left to the other servers")]
        public static partial void Left(ILogger logger, string key);
    }
}
