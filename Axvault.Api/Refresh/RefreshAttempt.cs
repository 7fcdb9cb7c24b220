using Axvault.Api.Refresh.Grants;
using Axvault.Api.Stored;

namespace Axvault.Api.Refresh;

/// <summary>One use of a refresh token under a claim: sends it, and stores the new tokens or the failure.</summary>
internal sealed class RefreshAttempt(
    CredentialOpener credentials,
    RefreshClaims claims,
    TokenClient client,
    RefreshSuccess success,
    RefreshFailure failure,
    UnreadAnswers answers,
    RefreshOptions options
)
{
    /// <summary>Uses the refresh token of <paramref name="subject"/>.</summary>
    /// <returns>The result, or <see langword="null"/> to decide again.</returns>
    public async Task<RefreshResult?> RunAsync(RefreshSubject subject, RefreshWish wish, RefreshClaim claim, long claimedAt, CancellationToken stopping)
    {
        GrantResult grant;
        await using (var lease = claims.Hold(claim, claimedAt))
        {
            if (!lease.IsCertain)
            {
                await claims.ReleaseAsync(claim, stopping);
                return null;
            }

            // From here on nothing is cancelled: the refresh token may be spent.
            (grant, var took) = await success.MeasureAsync(subject.Provider!, () =>
                client.RequestAsync(subject.Provider!, TokenGrant.Of(subject.Tokens.RefreshToken), options.Timeout)
            );
            if (grant.IsGranted)
            {
                await success.StoreAsync(subject, claim, grant.Issued, took, stopping);
                await answers.KeepAsync(subject, claim with { Revision = claim.Revision + 1 }, grant.Unread, stopping);
            }
            else
            {
                await answers.KeepAsync(subject, claim, grant.Unread, stopping);

                await failure.RecordAsync(subject, claim, grant, took, stopping);
            }
        }

        // Read the row again: another server may have replaced the rejected token meanwhile.
        var stored = subject.Credential.Stored;
        var after = await credentials.LoadAsync(stored.Metadata.Name, stopping) ?? subject.Credential;
        if (after.Stored.VersionId != stored.VersionId || after.Stored.Revision != stored.Revision)
        {
            return RefreshResult.Refreshed(after);
        }

        // The policy decides whether the provider's leeway allows another attempt at once.
        return grant.Failure == FailureClass.Unknown && wish == RefreshWish.WhenDue && subject.Provider!.ReuseLeeway > TimeSpan.Zero
            ? null
            : RefreshResult.Failed(after, grant.Failure ?? FailureClass.Transient, grant.Error ?? RefreshError.Deleted);
    }
}
