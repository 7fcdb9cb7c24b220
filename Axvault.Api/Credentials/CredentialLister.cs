using Axvault.Api.Authorization;
using Axvault.Api.Credentials.Versions;
using Axvault.Api.Refresh;
using Axvault.Api.Stored;

namespace Axvault.Api.Credentials;

/// <summary>Lists the credentials that a key may read.</summary>
internal sealed class CredentialLister(CredentialStore store, VersionStore versions, RefreshReview review)
{
    /// <summary>Returns a part of the list, in the byte order of the names.</summary>
    /// <param name="areDeleted"><see langword="true"/> for deleted credentials that can be restored; otherwise <see langword="false"/>.</param>
    /// <param name="access">The read access of the caller.</param>
    /// <param name="after">The name before the first; <see langword="null"/> to start at the beginning.</param>
    /// <param name="limit">The greatest number.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public async Task<List<CredentialResponse>> ReadAsync(
        bool areDeleted,
        AccessList access,
        CredentialName? after,
        int limit,
        CancellationToken cancellationToken
    ) =>
        areDeleted
            ? [.. (await versions.ListDeletedAsync(access, after, limit, cancellationToken)).Select(CredentialResponse.OfDeleted)]
            :
            [
                .. (await review.ExplainAsync(await store.ListAsync(access, after, limit, cancellationToken), cancellationToken)).Select(static metadata =>
                    CredentialResponse.Of(metadata)
                ),
            ];
}
