using System.Runtime.CompilerServices;
using Axvault.Client.Transport;

namespace Axvault.Client;

/// <summary>The calls on the audit log. The calling key must grant <c>*</c>.</summary>
/// <example><code>var report = await vault.Audit.VerifyAsync();</code></example>
public sealed class AuditClient
{
    private const int PageSize = 500;
    private readonly ApiTransport _transport;

    internal AuditClient(ApiTransport transport) => _transport = transport;

    /// <summary>Lists entries, newest first.</summary>
    /// <param name="query">The selection; <see langword="null"/> for all.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The entries, fetched page by page.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>await foreach (var entry in vault.Audit.ListAsync().Take(100)) { … }</code></example>
    public async IAsyncEnumerable<AuditEntry> ListAsync(AuditQuery? query = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string? cursor = null;
        do
        {
            var page = await ListPageAsync(query, PageSize, cursor, cancellationToken);
            foreach (var entry in page.Entries)
            {
                yield return entry;
            }

            cursor = page.NextCursor;
        } while (cursor is not null);
    }

    /// <summary>Lists one page of entries, newest first.</summary>
    /// <param name="query">The selection, the same for every page; <see langword="null"/> for all.</param>
    /// <param name="limit">The greatest number of entries: 1 to 1000.</param>
    /// <param name="cursor">The cursor of the page; <see langword="null"/> for the first one.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The page, with the cursor of the next one.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>var page = await vault.Audit.ListPageAsync(new() { Credential = "claude.prod" }, limit: 50);</code></example>
    public Task<AuditPage> ListPageAsync(
        AuditQuery? query = null,
        int limit = 100,
        string? cursor = null,
        CancellationToken cancellationToken = default
    )
    {
        var path = Query.Of(
            "audit",
            ("limit", Query.Text(limit)),
            ("cursor", cursor),
            ("since", Query.Text(query?.Since)),
            ("until", Query.Text(query?.Until)),
            ("action", query?.Action),
            ("outcome", query?.Outcome),
            ("key", query?.Key),
            ("credential", query?.Credential)
        );
        return _transport.SendAsync(ApiTransport.Request(HttpMethod.Get, path), ApiJsonContext.Default.AuditPage, cancellationToken);
    }

    /// <summary>Counts entries by hour or day.</summary>
    /// <param name="query">The selection; <see langword="null"/> for the last 24 hours, by hour.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The numbers.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>var denied = (await vault.Audit.CountsAsync()).Counts.Sum(count => count.Denied);</code></example>
    public Task<AuditCounts> CountsAsync(AuditCountQuery? query = null, CancellationToken cancellationToken = default)
    {
        var path = Query.Of(
            "audit/counts",
            ("since", Query.Text(query?.Since)),
            ("until", Query.Text(query?.Until)),
            ("by", query?.By),
            ("key", query?.Key),
            ("credential", query?.Credential)
        );
        return _transport.SendAsync(ApiTransport.Request(HttpMethod.Get, path), ApiJsonContext.Default.AuditCounts, cancellationToken);
    }

    /// <summary>Verifies that no entry was changed, removed or inserted. Many entries take long.</summary>
    /// <param name="anchors">The heads of earlier verifications, kept elsewhere; <see langword="null"/> for none.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The result.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>var report = await vault.Audit.VerifyAsync([keptHead]);</code></example>
    public Task<AuditReport> VerifyAsync(IReadOnlyCollection<string>? anchors = null, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiTransport.Request(
                HttpMethod.Get,
                Query.Of("audit/verify", (anchors ?? []).Select(static anchor => ("anchor", (string?)anchor)))
            ),
            ApiJsonContext.Default.AuditReport,
            cancellationToken
        );
}
