using Axvault.Api.Audit;
using Axvault.Api.Chain;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Refresh.Shapes;
using Axvault.Api.Refresh.Spool;

namespace Axvault.Api.Refresh;

/// <summary>Stores the tokens of a successful refresh, with its audit entry.</summary>
internal sealed class RefreshSuccess(
    TokenDelivery delivery,
    Vault vault,
    RefreshTokenMarks marks,
    AuditLog audit,
    AuditSource source,
    RefreshTelemetry telemetry,
    TimeProvider time
)
{
    /// <summary>Counts, times and traces one use of a refresh token. Returns its result, and the time that the provider took.</summary>
    public Task<(GrantResult Grant, TimeSpan Took)> MeasureAsync(OAuthProvider provider, Func<Task<GrantResult>> use) => telemetry.MeasureAsync(provider, use);

    /// <summary>Stores <paramref name="issued"/>, however long that takes.</summary>
    /// <param name="subject">The credential.</param>
    /// <param name="claim">The claim on it.</param>
    /// <param name="issued">The new tokens.</param>
    /// <param name="took">The time that the provider took.</param>
    /// <param name="stopping">Ends the retries.</param>
    public async Task StoreAsync(RefreshSubject subject, RefreshClaim claim, IssuedTokens issued, TimeSpan took, CancellationToken stopping)
    {
        var stored = subject.Credential.Stored;
        var receivedAt = time.GetTimestamp();
        var refreshed = subject.Tokens.Apply(issued, claim.ClaimedAt, subject.ExpiresAt, subject.Lifetime);
        var (name, provider) = (stored.Metadata.Name, RefreshWords.Describe(subject.Provider!, took));
        var entry = source.Describe(AuditAction.CredentialRefresh, AuditOutcome.Success, provider, name.Value);
        var keptEntry = source.Describe(
            AuditAction.CredentialRefresh,
            AuditOutcome.Success,
            $"{provider}: put, restored or deleted meanwhile; the tokens are in version {stored.VersionId:d}",
            name.Value
        );
        var unsealed = new RefreshedCredential(
            stored.VersionId,
            name,
            claim.Revision,
            [],
            claim.ClaimedAt,
            refreshed.ExpiresAt,
            refreshed.Lifetime,
            (issued.RefreshToken is { } next ? marks.Of(new RefreshToken(next)) : claim.Token).Hashes
        )
        {
            Subject = (stored.Metadata.Attributes with { ExpiresAt = refreshed.ExpiresAt }).SubjectAt(claim.Revision + 1),
        };
        var fate = await delivery.DeliverAsync(
            unsealed with
            {
                Envelope = vault.Encrypt(unsealed.Context, refreshed.Data.Reveal()),
            },
            entry,
            keptEntry,
            receivedAt,
            stopping
        );
        telemetry.Refreshed(subject.Provider!);
        if (fate == TokenFate.Dropped)
        {
            await audit.TryRecordAsync(
                source.Describe(
                    AuditAction.CredentialRefresh,
                    AuditOutcome.Success,
                    $"{provider}: put, refreshed or purged meanwhile; the tokens are dropped",
                    name.Value
                )
            );
        }
    }
}
