using Axvault.Api.Audit;
using Axvault.Api.Telemetry;
using Npgsql;

namespace Axvault.Api.Refresh.Spool;

/// <summary>Brings refreshed tokens into the database, however long that takes: by way of the spool, so that they outlive this process.</summary>
internal sealed partial class TokenDelivery(RefreshStore store, TokenSpool spool, AuditLog audit, AuditSource source, RefreshTelemetry telemetry, TimeProvider time, ILogger<TokenDelivery> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Stores <paramref name="refreshed"/>, and tries again until the database has answered.</summary>
    /// <param name="refreshed">The tokens.</param>
    /// <param name="note">What the audit log is to say of it, written with them.</param>
    /// <param name="receivedAt">When they came, as a timestamp of the clock.</param>
    /// <param name="stopping">Ends the trying; what was spooled is stored by the next start.</param>
    /// <returns>Whether they were stored; not when the credential was put, refreshed or deleted by somebody else meanwhile.</returns>
    /// <exception cref="OperationCanceledException">The server was stopped before the database answered.</exception>
    public async Task<bool> DeliverAsync(RefreshedCredential refreshed, AuditNote note, long receivedAt, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(refreshed);

        using var span = RefreshTelemetry.StartStore();
        var kept = spool.TryKeep(refreshed);
        if (kept)
        {
            telemetry.Exposed(time.GetElapsedTime(receivedAt));
        }

        try
        {
            for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
            {
                if (await TryStoreAsync(refreshed, note) is { } stored)
                {
                    spool.Remove(refreshed);
                    RefreshTelemetry.Delivered(span, stored);
                    return stored;
                }

                await Task.Delay(pause, time, stopping);
            }
        }
        catch (OperationCanceledException exception) when (stopping.IsCancellationRequested)
        {
            span.Fail(exception);
            Log.LeftBehind(logger, refreshed.Name.Value, kept ? "they are in the spool" : "they are lost, for the spool could not be written either");
            spool.Release(refreshed);
            throw;
        }
    }

    /// <summary>Stores what was left in the spool; what the database cannot take yet stays there.</summary>
    /// <returns>Whether nothing is left.</returns>
    public async Task<bool> DeliverLeftAsync()
    {
        var clean = true;
        foreach (var refreshed in spool.FindLeft())
        {
            var note = source.Note(AuditAction.CredentialRefresh, AuditOutcome.Success, "from the spool", refreshed.Name.Value);
            if (await TryStoreAsync(refreshed, note) is { } stored)
            {
                Log.Delivered(logger, refreshed.Name.Value, stored ? "stored" : "stale: somebody has put or refreshed the credential since");
                spool.Remove(refreshed);
                if (stored)
                {
                    await audit.TryRecordAsync(note);
                }
            }
            else
            {
                clean = false;
            }
        }

        return clean;
    }

    // null: the database did not answer. It takes no token: what is under way is finished.
    private async Task<bool?> TryStoreAsync(RefreshedCredential refreshed, AuditNote note)
    {
        try
        {
            return await store.CompleteAsync(refreshed, note, CancellationToken.None);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            Log.NotStored(logger, refreshed.Name.Value, exception.Message);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The refreshed tokens of {Credential} cannot be stored yet: {Reason}")]
        public static partial void NotStored(ILogger logger, string credential, string reason);

        [LoggerMessage(LogLevel.Critical, "The server ends before the refreshed tokens of {Credential} are stored: {Fate}")]
        public static partial void LeftBehind(ILogger logger, string credential, string fate);

        [LoggerMessage(LogLevel.Information, "The spooled tokens of {Credential}: {Fate}")]
        public static partial void Delivered(ILogger logger, string credential, string fate);
    }
}
