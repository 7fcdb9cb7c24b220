using System.Collections.Concurrent;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Refresh.Shapes;
using Axvault.Api.Stored;

namespace Axvault.Api.Refresh;

/// <summary>
/// Says in lists which due refreshes this server cannot make, and which expiries are not known or are only in the data. Only the data tells, so the
/// credentials in question are opened, once for each revision.
/// </summary>
internal sealed class RefreshReview(CredentialOpener credentials, ProviderCatalog providers, RefreshOptions options)
{
    private const int MaxKept = 10_000;
    private const int AtOnce = 16;

    private readonly ConcurrentDictionary<(Guid VersionId, long Revision), Finding> _findings = [];

    /// <summary>Returns <paramref name="listed"/> with the reasons.</summary>
    public async Task<List<ReviewedCredential>> ExplainAsync(IReadOnlyList<ListedCredential> listed, CancellationToken cancellationToken)
    {
        if (_findings.Count > MaxKept)
        {
            _findings.Clear();
        }

        foreach (var some in listed.Where(credential => MayNeedReason(credential) && !_findings.ContainsKey(KeyOf(credential))).Chunk(AtOnce))
        {
            await Task.WhenAll(some.Select(credential => ReviewAsync(credential, cancellationToken)));
        }

        return [.. listed.Select(Explain)];
    }

    private static (Guid VersionId, long Revision) KeyOf(ListedCredential credential) => (credential.VersionId, credential.Revision);

    private bool MayNeedReason(ListedCredential credential) =>
        options.Rules.Threshold > TimeSpan.Zero
        && credential.Metadata.Attributes.Type == CredentialType.OAuthCredentials
        && (!credential.IsExpiryNoted || credential.NotedExpiry is null || credential.NotedExpiry - credential.ReadAt <= options.Rules.Threshold);

    private async Task ReviewAsync(ListedCredential listed, CancellationToken cancellationToken)
    {
        try
        {
            if (await credentials.LoadAsync(listed.Metadata.Name, cancellationToken) is { } opened)
            {
                var subject = RefreshSubject.Of(opened, providers);
                var expiry = subject is null ? TokenExpiry.OfAccessToken(opened.Data, opened.Stored.Metadata.Attributes.Provider) : subject.ExpiresAt;
                _findings[(opened.Stored.VersionId, opened.Stored.Revision)] =
                    subject is { Obstacle: not null } or { HasUnknownExpiry: true }
                        ? new Finding(subject.Explained().Stored.Refresh, subject.Obstacle is not null, expiry, subject.Lifetime)
                        : new Finding(null, false, expiry, null);
            }
        }
        catch (EnvelopeException)
        {
            // A read says that the credential does not open. The list has no data, and shows it as it is.
            _findings[KeyOf(listed)] = default;
        }
    }

    private ReviewedCredential Explain(ListedCredential credential)
    {
        var finding = MayNeedReason(credential) ? _findings.GetValueOrDefault(KeyOf(credential)) : default;
        return new ReviewedCredential(
            Explain(credential, finding),
            credential.Expiry ?? finding.ExpiresAt,
            credential.IsRenewable && options.Rules.Threshold > TimeSpan.Zero
        );
    }

    private CredentialMetadata Explain(ListedCredential credential, Finding finding)
    {
        var metadata = credential.Metadata;
        if (finding.Reason is not { } reason)
        {
            return metadata;
        }

        var isUntold = finding.HasObstacle
            ? RefreshPolicy.Decide(
                options.Rules,
                metadata.Refresh,
                metadata.Attributes.ExpiresAt ?? finding.ExpiresAt,
                finding.Lifetime,
                TimeSpan.Zero,
                credential.ReadAt
            ) != RefreshDecision.NotDue
            : metadata.Refresh.Status is null;
        return isUntold
            ? metadata with
            {
                Refresh = metadata.Refresh with { Status = reason.Status, Error = reason.Error, NextAttemptAt = null },
            }
            : metadata;
    }

    // Reason: the state to show when the refresh is due and cannot be made, or the expiry is unknown.
    private readonly record struct Finding(RefreshState? Reason, bool HasObstacle, DateTimeOffset? ExpiresAt, TimeSpan? Lifetime);
}
