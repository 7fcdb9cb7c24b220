using Axvault.Api.Telemetry;

namespace Axvault.Api.Refresh;

/// <summary>The claims of this server: it takes them, keeps them alive, gives them up, and waits for those of other servers.</summary>
internal sealed class RefreshClaims(ClaimStore store, RefreshTokenMarks marks, TimeProvider time, ILogger<RefreshClaims> logger)
{
    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromMilliseconds(500);

    /// <summary>Claims the refresh of <paramref name="subject"/>.</summary>
    /// <returns>
    /// The claim, or <see langword="null"/> when it was not won; a timestamp from before it was requested; and <see langword="true"/> when another version has
    /// the refresh token.
    /// </returns>
    public async Task<(RefreshClaim? Claim, long ClaimedAt, bool IsTaken)> ClaimAsync(RefreshSubject subject, CancellationToken stopping)
    {
        using var span = RefreshTelemetry.StartClaim();
        var before = time.GetTimestamp();
        try
        {
            var mark = marks.Of(subject.Tokens.RefreshToken);
            var (claim, isTaken) = await store.ClaimAsync(subject.Credential.Stored, mark, RefreshLease.Duration, stopping);
            RefreshTelemetry.Claimed(span, claim is not null);
            return (claim, before, isTaken);
        }
        catch (Exception exception)
        {
            span.Fail(exception);
            throw;
        }
    }

    /// <summary>Starts to keep <paramref name="claim"/> alive.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="claimedAt">A timestamp from before the claim was requested.</param>
    public RefreshLease Hold(RefreshClaim claim, long claimedAt) => RefreshLease.Start(store, claim, claimedAt, time, logger);

    /// <summary>Gives up a claim under which nothing was sent.</summary>
    public Task ReleaseAsync(RefreshClaim claim, CancellationToken stopping) => store.ReleaseAsync(claim, stopping);

    /// <summary>Waits until another server's claim on <paramref name="subject"/> has ended or run out.</summary>
    /// <remarks>Polls, ever less often. A notification would not pass a pooling proxy.</remarks>
    public async Task WaitAsync(RefreshSubject subject, CancellationToken stopping)
    {
        using var span = RefreshTelemetry.StartWait();
        for (
            var pause = FirstPoll;
            await store.IsStillClaimedAsync(subject.Credential.Stored, stopping);
            pause = pause * 1.5 < LongestPoll ? pause * 1.5 : LongestPoll
        )
        {
            await Task.Delay(pause, time, stopping);
        }
    }
}
