using Axvault.Api.Audit;
using Axvault.Api.Chain;
using Axvault.Api.Lifetime;
using Axvault.Api.Telemetry;
using Npgsql;

namespace Axvault.Api.Refresh.Spool;

/// <summary>Stores refreshed tokens in the database, however long that takes. The spool keeps them meanwhile, so they outlive this process.</summary>
internal sealed partial class TokenDelivery(
    TokenStore store,
    UnreadAnswerStore answers,
    TokenSpool spool,
    AuditSource source,
    RefreshTelemetry telemetry,
    TimeProvider time,
    ILogger<TokenDelivery> logger
)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Stores <paramref name="refreshed"/>, and retries until the database has answered.</summary>
    /// <param name="refreshed">The tokens.</param>
    /// <param name="entry">The audit entry, written in the same transaction.</param>
    /// <param name="keptEntry">The audit entry when the credential was replaced or deleted meanwhile.</param>
    /// <param name="receivedAt">The time at which the tokens arrived, as a timestamp of the clock.</param>
    /// <param name="stopping">Ends the retries. The next start stores spooled tokens.</param>
    /// <returns>The place of the tokens.</returns>
    /// <exception cref="OperationCanceledException">The server was stopped before the database answered.</exception>
    public async Task<TokenFate> DeliverAsync(
        RefreshedCredential refreshed,
        AuditEntry entry,
        AuditEntry keptEntry,
        long receivedAt,
        CancellationToken stopping
    )
    {
        using var span = RefreshTelemetry.StartStore();
        var kept = spool.TryKeep(refreshed);
        if (kept)
        {
            telemetry.Exposed(time.GetElapsedTime(receivedAt));
        }

        try
        {
            var backoff = new Backoff(FirstPause, LongestPause);
            while (true)
            {
                if (await TryStoreAsync(refreshed, entry, keptEntry) is { } fate)
                {
                    spool.Remove(refreshed);
                    RefreshTelemetry.Delivered(span, fate == TokenFate.Stored);
                    return fate;
                }

                await Task.Delay(backoff.Next(), time, stopping);
            }
        }
        catch (OperationCanceledException exception) when (stopping.IsCancellationRequested)
        {
            span.Fail(exception);
            Log.LeftBehind(logger, refreshed.Name.Value, kept ? "they are in the spool" : "they are lost, because the spool could not be written either");
            spool.Release(refreshed);
            throw;
        }
    }

    /// <summary>Prepares the spool. A failure is logged.</summary>
    public void Prepare() => spool.Prepare();

    /// <summary>Stores the tokens left in the spool. Tokens that the database cannot take yet stay there.</summary>
    /// <returns><see langword="true"/> when the spool is empty; otherwise <see langword="false"/>.</returns>
    public async Task<bool> DeliverLeftAsync()
    {
        var clean = true;
        foreach (var refreshed in spool.FindLeft())
        {
            AuditEntry Entry(string reason) => source.Describe(AuditAction.CredentialRefresh, AuditOutcome.Success, reason, refreshed.Name.Value);

            var (entry, keptEntry) = (Entry("from the spool"), Entry("from the spool, into the state that is kept"));
            if (await TryStoreAsync(refreshed, entry, keptEntry) is { } fate)
            {
                Log.Delivered(
                    logger,
                    refreshed.Name.Value,
                    fate switch
                    {
                        TokenFate.Stored => "stored",
                        TokenFate.Kept => "stored in the kept version: the credential was put, restored or deleted meanwhile",
                        _ => "stale: the credential was put or refreshed meanwhile",
                    }
                );
                if (fate == TokenFate.Dropped)
                {
                    spool.SetAside(refreshed);
                }
                else
                {
                    spool.Remove(refreshed);
                }
            }
            else
            {
                clean = false;
            }
        }

        return clean;
    }

    // null: the database did not answer. No cancellation token: a started statement is finished.
    private async Task<TokenFate?> TryStoreAsync(RefreshedCredential refreshed, AuditEntry entry, AuditEntry keptEntry)
    {
        try
        {
            return await (
                refreshed.IsUnreadAnswer ? answers.KeepAsync(refreshed) : store.CompleteAsync(refreshed, entry, keptEntry, CancellationToken.None)
            );
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or AuditUnavailableException)
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
