using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Refresh.Spool;

namespace Axvault.Api.Refresh;

/// <summary>Keeps answers of providers that could not be read, sealed, by the way of refreshed tokens: they outlive this process, too.</summary>
internal sealed class UnreadAnswers(TokenDelivery delivery, UnreadAnswerStore store, Vault vault, AuditSource source, TimeProvider time)
{
    /// <summary>Keeps <paramref name="answer"/>, if there is one, however long that takes.</summary>
    public async Task KeepAsync(RefreshSubject subject, RefreshClaim claim, UnreadAnswer? answer, CancellationToken stopping)
    {
        if (answer is null)
        {
            return;
        }

        var name = subject.Credential.Stored.Metadata.Name;
        var kept = new RefreshedCredential(claim.VersionId, name, claim.Revision, [], claim.ClaimedAt, claim.ClaimedAt, null);
        var entry = source.Describe(AuditAction.CredentialRefresh, AuditOutcome.Failure, "the answer is kept", name.Value);
        await delivery.DeliverAsync(kept with { Envelope = vault.Encrypt(kept.Context, answer.ToBytes()) }, entry, entry, time.GetTimestamp(), stopping);
    }

    /// <summary>Returns the answer kept for a credential, and the time of its request; <see langword="null"/> when there is none.</summary>
    /// <exception cref="EnvelopeException">The sealed answer does not open.</exception>
    public async Task<(UnreadAnswer Answer, DateTimeOffset RequestedAt)?> FindAsync(CredentialName name, CancellationToken cancellationToken) =>
        await store.FindAsync(name, cancellationToken) is { } kept
            ? (UnreadAnswer.FromBytes(vault.Decrypt(kept.Context, kept.Envelope)), kept.IssuedAt)
            : null;
}
