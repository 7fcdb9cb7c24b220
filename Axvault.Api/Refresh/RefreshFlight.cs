using System.Diagnostics;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Configuration;
using Axvault.Api.Credentials;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Refresh.Shapes;
using Axvault.Api.Refresh.Spool;
using Axvault.Api.Telemetry;
using Npgsql;

namespace Axvault.Api.Refresh;

/// <summary>
/// One refresh, from the decision to the stored tokens, exactly once in the fleet: claim the credential in its row, use its refresh token, store
/// what came of it. Or wait for the server that has claimed it, and take what that one stored.
/// </summary>
/// <remarks>docs/design/refresh.md tells the protocol and what each step survives.</remarks>
internal sealed partial class RefreshFlight(
    CredentialOpener credentials,
    ClaimStore store,
    ProviderCatalog providers,
    TokenClient client,
    TokenDelivery delivery,
    Vault vault,
    AuditLog audit,
    AuditSource source,
    RefreshTelemetry telemetry,
    AxvaultOptions options,
    TimeProvider time,
    ILogger<RefreshFlight> logger)
{
    private const int MaxRecordTries = 5;
    private const string Superseded = "left to whoever changed it since";

    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RecordPause = TimeSpan.FromMilliseconds(200);

    // The database may have been away for longer than a claim lasts. Whoever has new tokens in its spool then takes no longer than this to store them: the pause
    // between its attempts, and the limits of a connection and a statement.
    private static readonly TimeSpan Return = TimeSpan.FromSeconds(15);

    private readonly RefreshOptions _options = options.Refresh;

    /// <summary>Refreshes <paramref name="subject"/>.</summary>
    /// <param name="subject">The credential, as somebody read it.</param>
    /// <param name="wish">Why: a read, or somebody's order.</param>
    /// <param name="parent">The span of whoever asked first.</param>
    /// <param name="stopping">The server ends now: what is not done by then is left to the spool, or marked as lost by another server.</param>
    public async Task<RefreshResult> RunAsync(RefreshSubject subject, RefreshWish wish, ActivityContext parent, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(subject);

        using var span = RefreshTelemetry.StartRefresh(subject, parent);
        try
        {
            var result = await FlyAsync(subject, wish, stopping);
            RefreshTelemetry.Tell(span, result);
            return result;
        }
        catch (Exception exception)
        {
            span.Fail(exception);
            throw;
        }
    }

    private async Task<RefreshResult> FlyAsync(RefreshSubject subject, RefreshWish wish, CancellationToken stopping)
    {
        var current = subject;
        try
        {
            while (true)
            {
                switch (current.Decide(_options.Rules, wish))
                {
                    case RefreshDecision.NotDue:
                        return current == subject ? RefreshResult.NotDue(current.Credential) : RefreshResult.Refreshed(current.Credential);
                    case RefreshDecision.Withheld:
                        return current.Withheld();
                    case RefreshDecision.Claimed:
                        await WaitAsync(current, stopping);
                        break;
                    case RefreshDecision.Abandoned:
                        await AbandonAsync(current, stopping);
                        break;
                    case RefreshDecision.Due when await ClaimAsync(current, stopping) is var (claim, claimedAt):
                        if (await UseAsync(current, wish, claim, claimedAt, stopping) is { } result)
                        {
                            return result;
                        }

                        break;
                }

                // Something has changed, or must be looked at as the fleet sees it now.
                var before = current.Credential.Stored;
                if (await LoadAsync(before.Metadata.Name, stopping) is not { } next)
                {
                    return RefreshResult.Failed(current.Credential, FailureClass.Permanent, RefreshError.Deleted);
                }

                if ((next.Stored.RowId, next.Stored.Version) != (subject.Credential.Stored.RowId, subject.Credential.Stored.Version) && wish != RefreshWish.WhenDue)
                {
                    // Whoever asked for fresh tokens has them: somebody else was faster.
                    return RefreshResult.Refreshed(next);
                }

                if (RefreshSubject.Of(next, providers) is not { Provider: not null } again)
                {
                    return RefreshResult.Refreshed(next);
                }

                current = again;
            }
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            // Nothing was sent, or what came of it is safe: a store that cannot be written never costs a token.
            Log.StoreUnavailable(logger, current.Credential.Stored.Metadata.Name.Value, exception.Message);
            return RefreshResult.Failed(current.Credential, FailureClass.Transient, RefreshError.StoreUnavailable);
        }
    }

    // Asks, ever less often, until the claim has ended or run out: a notification would not pass a pooling proxy.
    private async Task WaitAsync(RefreshSubject subject, CancellationToken stopping)
    {
        using var span = RefreshTelemetry.StartWait();
        for (var pause = FirstPoll; await store.IsStillClaimedAsync(subject.Credential.Stored, stopping); pause = pause * 1.5 < LongestPoll ? pause * 1.5 : LongestPoll)
        {
            await Task.Delay(pause, time, stopping);
        }
    }

    // A claim that ran out while nothing was left to lose was the last attempt.
    private async Task AbandonAsync(RefreshSubject subject, CancellationToken stopping)
    {
        var stored = subject.Credential.Stored;
        var status = AfterUnknown(subject);
        TimeSpan? wait = subject.Provider!.ReuseLeeway > TimeSpan.Zero ? null : Return;
        if (await store.AbandonAsync(stored, status, wait, stopping))
        {
            await RecordAsync(subject, FailureClass.Unknown, RefreshError.ServerLost, status.Value);
        }
    }

    private async Task<(RefreshClaim Claim, long ClaimedAt)?> ClaimAsync(RefreshSubject subject, CancellationToken stopping)
    {
        using var span = RefreshTelemetry.StartClaim();
        var before = time.GetTimestamp();
        try
        {
            var claim = await store.ClaimAsync(subject.Credential.Stored, _options.Lease, stopping);
            RefreshTelemetry.Claimed(span, claim is not null);
            return claim is null ? null : (claim, before);
        }
        catch (Exception exception)
        {
            span.Fail(exception);
            throw;
        }
    }

    // null: look again.
    private async Task<RefreshResult?> UseAsync(RefreshSubject subject, RefreshWish wish, RefreshClaim claim, long claimedAt, CancellationToken stopping)
    {
        GrantResult grant;
        await using (var lease = RefreshLease.Start(store, claim, _options.Lease, claimedAt, time, logger))
        {
            if (!lease.IsCertain)
            {
                await store.ReleaseAsync(claim, stopping);
                return null;
            }

            // From here on nothing is cancelled: the token may be used up.
            grant = await telemetry.MeasureAsync(subject.Provider!, () => client.RefreshAsync(subject.Provider!, subject.Tokens.RefreshToken, _options.Timeout));
            if (grant.IsGranted)
            {
                await StoreAsync(subject, claim, grant.Issued, stopping);
            }
            else
            {
                await FailAsync(subject, claim, grant, stopping);
            }
        }

        // The row as it is now, whoever wrote it: a rejected token may have been replaced meanwhile.
        var stored = subject.Credential.Stored;
        var after = await LoadAsync(stored.Metadata.Name, stopping) ?? subject.Credential;
        if (after.Stored.RowId != stored.RowId || after.Stored.Version != stored.Version)
        {
            return RefreshResult.Refreshed(after);
        }

        // The policy knows whether the provider's leeway allows another try at once.
        return grant.Failure == FailureClass.Unknown && wish == RefreshWish.WhenDue && subject.Provider!.ReuseLeeway > TimeSpan.Zero
            ? null
            : RefreshResult.Failed(after, grant.Failure ?? FailureClass.Transient, grant.Error ?? RefreshError.Deleted);
    }

    private async Task StoreAsync(RefreshSubject subject, RefreshClaim claim, IssuedTokens issued, CancellationToken stopping)
    {
        var stored = subject.Credential.Stored;
        var receivedAt = time.GetTimestamp();
        var refreshed = subject.Tokens.Apply(issued, claim.ClaimedAt, subject.ExpiresAt, subject.Lifetime);
        var envelope = vault.Encrypt(new EnvelopeContext(stored.RowId, stored.Metadata.Name), refreshed.Data.Reveal());
        var (name, provider) = (stored.Metadata.Name, subject.Provider!.Name);
        var note = source.Note(AuditAction.CredentialRefresh, AuditOutcome.Success, provider, name.Value);
        var keptNote = source.Note(AuditAction.CredentialRefresh, AuditOutcome.Success, $"{provider}: put, restored or deleted meanwhile; the tokens are in version {stored.RowId:d}", name.Value);
        var fate = await delivery.DeliverAsync(
            new RefreshedCredential(stored.RowId, name, claim.Version, envelope, claim.ClaimedAt, refreshed.ExpiresAt, refreshed.Lifetime), note, keptNote, receivedAt, stopping);
        telemetry.Refreshed(subject.Provider!);
        await (fate switch
        {
            TokenFate.Stored => audit.TryRecordAsync(note),
            TokenFate.Kept => audit.TryRecordAsync(keptNote),
            _ => audit.TryRecordAsync(source.Describe(
                AuditAction.CredentialRefresh, AuditOutcome.Success, $"{provider}: put, refreshed or purged by somebody else meanwhile; the tokens are dropped", name.Value)),
        });
    }

    private async Task FailAsync(RefreshSubject subject, RefreshClaim claim, GrantResult grant, CancellationToken stopping)
    {
        var state = subject.Credential.Stored.Refresh;
        var status = grant.Failure switch
        {
            FailureClass.Permanent => RefreshStatus.Failed,
            FailureClass.Unknown => AfterUnknown(subject),
            // What was unknown before is so still.
            _ => state.Status == RefreshStatus.Unknown ? RefreshStatus.Unknown : RefreshStatus.Retrying,
        };

        // After the first outcome that is not known, a provider's leeway allows a second try at once; after that even it is not hurried.
        TimeSpan? wait = grant.Failure == FailureClass.Transient || (grant.Failure == FailureClass.Unknown && state.Attempts > 0)
            ? RefreshBackoff.After(state.Attempts + 1, grant.RetryAfter, Random.Shared.NextDouble())
            : null;
        var recorded = await TryRecordAsync(() => store.FailAsync(claim, status, grant.Error!, wait, stopping), subject, stopping);
        telemetry.Failed(subject.Provider!, grant.Failure!.Value, grant.Error!);
        await RecordAsync(subject, grant.Failure.Value, grant.Error!, recorded ? status.Value : Superseded);
    }

    // Once the access token has expired, one last attempt is made; its end, unknown again, is the end. A leeway of the provider's makes it harmless.
    private static RefreshStatus AfterUnknown(RefreshSubject subject)
    {
        var (state, now) = (subject.Credential.Stored.Refresh, subject.Credential.Stored.ReadAt);
        var wasLast = state.Status == RefreshStatus.Unknown && subject.ExpiresAt <= now && !(now - state.UnknownSince < subject.Provider!.ReuseLeeway);
        return wasLast ? RefreshStatus.Failed : RefreshStatus.Unknown;
    }

    // A failure that cannot be recorded leaves the claim, which runs out: another server then records that the outcome is not known.
    private async Task<bool> TryRecordAsync(Func<Task<bool>> record, RefreshSubject subject, CancellationToken stopping)
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
                    return false;
                }

                await Task.Delay(RecordPause * attempt, time, stopping);
            }
        }
    }

    private Task RecordAsync(RefreshSubject subject, FailureClass failure, string error, string status)
    {
        var name = subject.Credential.Stored.Metadata.Name.Value;
        Log.Failed(logger, name, subject.Provider!.Name, error, status);
        return audit.TryRecordAsync(source.Describe(AuditAction.CredentialRefresh, AuditOutcome.Failure, $"{subject.Provider.Name}: {failure} {error}", name));
    }

    private Task<OpenedCredential?> LoadAsync(CredentialName name, CancellationToken stopping) => credentials.LoadAsync(name, stopping);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The tokens of {Credential} were not refreshed by {Provider} ({Error}); the credential's status is {Status}")]
        public static partial void Failed(ILogger logger, string credential, string provider, string error, string status);

        [LoggerMessage(LogLevel.Error, "The tokens of {Credential} are not refreshed: the database cannot record it ({Reason})")]
        public static partial void StoreUnavailable(ILogger logger, string credential, string reason);

        [LoggerMessage(LogLevel.Error, "The failed refresh of {Credential} cannot be recorded: {Reason}")]
        public static partial void NotRecorded(ILogger logger, string credential, string reason);
    }
}
