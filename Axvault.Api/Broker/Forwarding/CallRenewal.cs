using Axvault.Api.Refresh;
using Axvault.Api.Stored;

namespace Axvault.Api.Broker.Forwarding;

/// <summary>The fresh token for a call whose token the upstream has refused: one that is stored meanwhile, or that of one refresh.</summary>
internal sealed class CallRenewal(CredentialOpener credentials, Refresher refresher, CallPlanner planner)
{
    // An upstream that refuses every token would cause a refresh for every call.
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    /// <summary>Returns the plan with another token; <see langword="null"/> when there is none.</summary>
    /// <param name="plan">The plan whose token was refused.</param>
    /// <param name="cancellationToken">Ends the wait, not the refresh.</param>
    public async Task<CallPlan?> RenewAsync(CallPlan plan, CancellationToken cancellationToken)
    {
        if (await credentials.LoadAsync(plan.Name, cancellationToken) is not { } stored)
        {
            return null;
        }

        if (Plan(plan, stored) is { } newer)
        {
            return newer;
        }

        // All by the clock of the database.
        var (state, now) = (stored.Stored.Refresh, stored.Stored.ReadAt);
        if (state.Status == RefreshStatus.Failed || state.NextAttemptAt > now || now - state.LastRefreshedAt < Pause || now - state.FailedAt < Pause)
        {
            return null;
        }

        var (result, _) = await refresher.RefreshNowAsync(stored, force: false, cancellationToken);
        return result?.Outcome == RefreshOutcome.Refreshed ? Plan(plan, result.Credential) : null;
    }

    private CallPlan? Plan(CallPlan refused, OpenedCredential credential) =>
        planner.Plan(refused.Caller, credential, refused.Target).Plan is { } plan && plan.Reveal() != refused.Reveal() ? plan : null;
}
