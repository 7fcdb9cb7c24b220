using Axvault.Api.Audit;
using Axvault.Api.Telemetry;
using Npgsql;

namespace Axvault.Api.Refresh.Spool;

/// <summary>Brings refreshed tokens into the database, however long that takes: by way of the spool, so that they outlive this process.</summary>
internal sealed partial class TokenDelivery(TokenStore store, TokenSpool spool, AuditLog audit, AuditSource source, RefreshTelemetry telemetry, TimeProvider time, ILogger<TokenDelivery> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Stores <paramref name="refreshed"/>, and tries again until the database has answered.</summary>
    /// <param name="refreshed">The tokens.</param>
    /// <param name="note">What the audit log is to say of it, written with them.</param>
    /// <param name="keptNote">What it is to say when the credential was replaced or deleted meanwhile.</param>
    /// <param name="receivedAt">When they came, as a timestamp of the clock.</param>
    /// <param name="stopping">Ends the trying; what was spooled is stored by the next start.</param>
    /// <returns>What became of them.</returns>
    /// <exception cref="OperationCanceledException">The server was stopped before the database answered.</exception>
    public async Task<TokenFate> DeliverAsync(RefreshedCredential refreshed, AuditNote note, AuditNote keptNote, long receivedAt, CancellationToken stopping)
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
                if (await TryStoreAsync(refreshed, note, keptNote) is { } fate)
                {
                    spool.Remove(refreshed);
                    RefreshTelemetry.Delivered(span, fate == TokenFate.Stored);
                    return fate;
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
            AuditNote Note(string reason) => source.Note(AuditAction.CredentialRefresh, AuditOutcome.Success, reason, refreshed.Name.Value);

            var (note, keptNote) = (Note("from the spool"), Note("from the spool, into the state that is kept"));
            if (await TryStoreAsync(refreshed, note, keptNote) is { } fate)
            {
                Log.Delivered(logger, refreshed.Name.Value, fate switch
                {
                    TokenFate.Stored => "stored",
                    TokenFate.Kept => "stored in the state that is kept: somebody has put, restored or deleted the credential since",
                    _ => "stale: somebody has put or refreshed the credential since",
                });
                spool.Remove(refreshed);
                if (fate != TokenFate.Dropped)
                {
                    await audit.TryRecordAsync(fate == TokenFate.Stored ? note : keptNote);
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
    private async Task<TokenFate?> TryStoreAsync(RefreshedCredential refreshed, AuditNote note, AuditNote keptNote)
    {
        try
        {
            return await store.CompleteAsync(refreshed, note, keptNote, CancellationToken.None);
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
