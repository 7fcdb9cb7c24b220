using System.Diagnostics;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Stored;
using Axvault.Api.Telemetry;
using Npgsql;

namespace Axvault.Api.Refresh;

/// <summary>
/// One refresh, from the decision to the stored tokens. It happens exactly once in the fleet. The flight claims the credential in its row, sends the refresh
/// token, and stores the result. When another server holds the claim, the flight waits and takes the stored result.
/// </summary>
/// <remarks>docs/design/refresh.md describes the protocol and the failures that each step survives.</remarks>
internal sealed partial class RefreshFlight(
    CredentialOpener credentials,
    RefreshClaims claims,
    ProviderCatalog providers,
    RefreshAttempt attempt,
    RefreshFailure failure,
    RefreshOptions options,
    ILogger<RefreshFlight> logger
)
{
    /// <summary>Refreshes <paramref name="subject"/>.</summary>
    /// <param name="subject">The credential, as the caller read it.</param>
    /// <param name="wish">The reason for the refresh.</param>
    /// <param name="parent">The span of the first caller.</param>
    /// <param name="stopping">Cancelled when the server stops. New tokens stay in the spool; another server marks an unfinished refresh as lost.</param>
    public async Task<RefreshResult> RunAsync(RefreshSubject subject, RefreshWish wish, ActivityContext parent, CancellationToken stopping)
    {
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
                switch (current.Decide(options.Rules, wish))
                {
                    case RefreshDecision.NotDue:
                        return current == subject ? RefreshResult.NotDue(current.Credential) : RefreshResult.Refreshed(current.Credential);
                    case RefreshDecision.Withheld:
                        return current.Withheld();
                    case RefreshDecision.Claimed:
                        await claims.WaitAsync(current, stopping);
                        break;
                    case RefreshDecision.Abandoned:
                        await failure.AbandonAsync(current, stopping);
                        break;
                    case RefreshDecision.Due when await TryAsync(current, wish, stopping) is { } result:
                        return result;
                }

                // No result yet: another server may have changed the credential, so read it again.
                var before = current.Credential.Stored;
                if (await credentials.LoadAsync(before.Metadata.Name, stopping) is not { } next)
                {
                    return RefreshResult.Failed(current.Credential, FailureClass.Permanent, RefreshError.Deleted);
                }

                if (
                    (next.Stored.VersionId, next.Stored.Revision) != (subject.Credential.Stored.VersionId, subject.Credential.Stored.Revision)
                    && wish != RefreshWish.WhenDue
                )
                {
                    // Another server has refreshed the tokens meanwhile.
                    return RefreshResult.Refreshed(next);
                }

                if (RefreshSubject.Of(next, providers) is not { Obstacle: null } again)
                {
                    return RefreshResult.Refreshed(next);
                }

                current = again;
            }
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            // A database fault costs no token here: either nothing was sent, or the result is already stored.
            Log.StoreUnavailable(logger, current.Credential.Stored.Metadata.Name.Value, exception.Message);
            return RefreshResult.Failed(current.Credential, FailureClass.Transient, RefreshError.StoreUnavailable);
        }
    }

    private async Task<RefreshResult?> TryAsync(RefreshSubject subject, RefreshWish wish, CancellationToken stopping)
    {
        var (claim, claimedAt, isTaken) = await claims.ClaimAsync(subject, stopping);
        if (isTaken)
        {
            return await failure.TakenAsync(subject);
        }

        return claim is null ? null : await attempt.RunAsync(subject, wish, claim, claimedAt, stopping);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The tokens of {Credential} were not refreshed: the database cannot record the claim ({Reason})")]
        public static partial void StoreUnavailable(ILogger logger, string credential, string reason);
    }
}
