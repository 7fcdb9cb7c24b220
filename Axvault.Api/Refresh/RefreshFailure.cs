using Axvault.Api.Audit;
using Axvault.Api.Chain;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Stored;
using Npgsql;

namespace Axvault.Api.Refresh;

/// <summary>Records failed and lost refreshes, in the credential's row, the audit log and the server's log.</summary>
internal sealed partial class RefreshFailure(
    ClaimStore store,
    AuditLog audit,
    AuditSource source,
    RefreshTelemetry telemetry,
    TimeProvider time,
    ILogger<RefreshFailure> logger
)
{
    private const int MaxRecordTries = 5;
    private const string Superseded = "superseded";

    private static readonly TimeSpan RecordPause = TimeSpan.FromMilliseconds(200);

    // The database may have been away for longer than a claim lasts. A server with new tokens in its spool stores them within this time: the pause between two
    // attempts, plus the time limits of a connection and a statement.
    private static readonly TimeSpan Return = TimeSpan.FromSeconds(15);

    /// <summary>Records the failure of a refresh, and ends its claim.</summary>
    /// <param name="subject">The credential.</param>
    /// <param name="claim">The claim on it.</param>
    /// <param name="grant">The failure.</param>
    /// <param name="took">The time that the provider took.</param>
    /// <param name="stopping">Ends the retries.</param>
    public async Task RecordAsync(RefreshSubject subject, RefreshClaim claim, GrantResult grant, TimeSpan took, CancellationToken stopping)
    {
        var state = subject.Credential.Stored.Refresh;
        var status = grant.Failure switch
        {
            FailureClass.Permanent => RefreshStatus.Failed,
            FailureClass.Misconfigured => RefreshStatus.Misconfigured,
            FailureClass.Unknown => AfterUnknown(subject),
            // A known failure does not tell whether an earlier, unanswered attempt succeeded.
            _ => state.Status == RefreshStatus.Unknown ? RefreshStatus.Unknown : RefreshStatus.Retrying,
        };

        // After the first outcome that is not known, a provider's leeway allows one attempt at once. After the second, the pause applies.
        TimeSpan? wait =
            grant.Failure == FailureClass.Transient || (grant.Failure == FailureClass.Unknown && state.Attempts > 0)
                ? RefreshBackoff.After(state.Attempts + 1, grant.RetryAfter, Random.Shared.NextDouble())
                : null;
        var refused = grant.Failure == FailureClass.Misconfigured ? subject.HashSettings() : null;
        var recorded = await TryRecordAsync(() => store.FailAsync(claim, status, grant.Error!, wait, refused, stopping), subject, stopping);
        telemetry.Failed(subject.Provider!, grant.Failure!.Value, grant.Error!);
        await RecordAsync(subject, grant.Failure.Value, grant.Reason!, recorded?.Value ?? Superseded, took);
    }

    // Once the access token has expired, one last attempt is made. A second unknown outcome is final, unless the provider's leeway makes repeats harmless.
    private static RefreshStatus AfterUnknown(RefreshSubject subject)
    {
        var (state, now) = (subject.Credential.Stored.Refresh, subject.Credential.Stored.ReadAt);
        var wasLast = state.Status == RefreshStatus.Unknown && subject.ExpiresAt <= now && !(now - state.UnknownSince < subject.Provider!.ReuseLeeway);
        return wasLast ? RefreshStatus.Failed : RefreshStatus.Unknown;
    }

    // A failure that cannot be recorded leaves the claim in place. It runs out, and another server records the unknown outcome.
    private async Task<RefreshStatus?> TryRecordAsync(Func<Task<RefreshStatus?>> record, RefreshSubject subject, CancellationToken stopping)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await record();
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                Log.NotRecorded(logger, subject.Credential.Stored.Metadata.Name.Value, exception.Message);
                if (attempt == MaxRecordTries)
                {
                    return null;
                }

                await Task.Delay(RecordPause * attempt, time, stopping);
            }
        }
    }

    private Task RecordAsync(RefreshSubject subject, FailureClass failure, string reason, string status, TimeSpan? took = null)
    {
        var name = subject.Credential.Stored.Metadata.Name.Value;
        var described = $"{RefreshWords.Describe(subject.Provider!, took)}: {failure} {reason}";
        Log.Failed(logger, name, subject.Provider!.Name, reason, status);
        return audit.TryRecordAsync(source.Describe(AuditAction.CredentialRefresh, AuditOutcome.Failure, described, name));
    }

    /// <summary>Records that the server which claimed the refresh was lost. Its claim has run out.</summary>
    public async Task AbandonAsync(RefreshSubject subject, CancellationToken stopping)
    {
        var stored = subject.Credential.Stored;
        var status = AfterUnknown(subject);
        TimeSpan? wait = subject.Provider!.ReuseLeeway > TimeSpan.Zero ? null : Return;
        if (await store.AbandonAsync(stored, status, wait, stopping))
        {
            await RecordAsync(subject, FailureClass.Unknown, RefreshError.ServerLost, status.Value);
        }
    }

    /// <summary>Records that nothing was sent, because another version has spent or holds the refresh token.</summary>
    public async Task<RefreshResult> TakenAsync(RefreshSubject subject)
    {
        telemetry.Failed(subject.Provider!, FailureClass.Permanent, RefreshError.TokenTaken);
        await RecordAsync(subject, FailureClass.Permanent, RefreshError.TokenTaken, RefreshStatus.Failed.Value);
        return RefreshResult.Failed(subject.Credential, FailureClass.Permanent, RefreshError.TokenTaken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The tokens of {Credential} were not refreshed by {Provider} ({Error}); the credential's status is {Status}")]
        public static partial void Failed(ILogger logger, string credential, string provider, string error, string status);

        [LoggerMessage(LogLevel.Error, "The failed refresh of {Credential} cannot be recorded: {Reason}")]
        public static partial void NotRecorded(ILogger logger, string credential, string reason);
    }
}
