using Axvault.Api.Authorization;
using Axvault.Api.Credentials.Versions;
using Axvault.Api.Refresh;
using Axvault.Api.Stored;

namespace Axvault.Api.Credentials;

/// <summary>Lists the credentials that a key may read.</summary>
internal sealed class CredentialLister(CredentialListStore store, VersionStore versions, RefreshReview review)
{
    /// <summary>Returns a part of the list.</summary>
    /// <param name="page">The list. Its limit and its cursor do not count.</param>
    /// <param name="access">The read access of the caller.</param>
    /// <param name="after">The place before the first; <see langword="null"/> to start at the beginning.</param>
    /// <param name="limit">The greatest number.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public async Task<ListPart> ReadAsync(ListPage page, AccessList access, ListPlace? after, int limit, CancellationToken cancellationToken)
    {
        if (page.IsDeleted)
        {
            var deleted = await versions.ListDeletedAsync(page.Filter, access, after?.Name, limit, cancellationToken);
            return new ListPart(
                [.. deleted.Select(CredentialResponse.OfDeleted)],
                deleted.Count > 0 ? new ListPlace(deleted[^1].Metadata.Name, null) : null
            );
        }

        var listed = await store.ListAsync(page.Filter, page.Sort, access, after, limit, cancellationToken);
        var explained = await review.ExplainAsync(listed, cancellationToken);
        return new ListPart([.. explained.Select(static credential => CredentialResponse.OfListed(credential))], listed.Count > 0 ? listed[^1].Place : null);
    }

    /// <summary>
    /// Returns the place of <paramref name="cursor"/>. A place in the order of names needs no credential. In another order, the result is
    /// <see langword="null"/> when the caller can read no such credential.
    /// </summary>
    public async Task<ListPlace?> FindPlaceAsync(CredentialName cursor, ListPage page, AccessList access, CancellationToken cancellationToken) =>
        page.Sort.By == CredentialOrder.Name ? new ListPlace(cursor, null)
        : access.Covers(cursor) ? await store.FindPlaceAsync(cursor, page.Sort, cancellationToken)
        : null;
}
