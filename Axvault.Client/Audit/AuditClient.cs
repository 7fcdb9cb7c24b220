using System.Globalization;
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
        var selection = string.Concat(Parameters(query ?? new AuditQuery()).Select(static part => $"&{part.Name}={Uri.EscapeDataString(part.Value)}"));
        string? cursor = null;
        do
        {
            var page = await _transport.SendAsync(
                ApiTransport.Request(
                    HttpMethod.Get,
                    $"audit?limit={PageSize}{selection}{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}"
                ),
                ApiJsonContext.Default.AuditPage,
                cancellationToken
            );
            foreach (var entry in page.Entries)
            {
                yield return entry;
            }

            cursor = page.NextCursor;
        } while (cursor is not null);
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
                "audit/verify?" + string.Join('&', (anchors ?? []).Select(static anchor => $"anchor={Uri.EscapeDataString(anchor)}"))
            ),
            ApiJsonContext.Default.AuditReport,
            cancellationToken
        );

    private static IEnumerable<(string Name, string Value)> Parameters(AuditQuery query)
    {
        (string Name, string? Value)[] all =
        [
            ("since", Text(query.Since)),
            ("until", Text(query.Until)),
            ("action", query.Action),
            ("outcome", query.Outcome),
            ("key", query.Key),
            ("credential", query.Credential),
        ];
        return from part in all where part.Value is not null select (part.Name, part.Value);
    }

    private static string? Text(DateTimeOffset? time) => time?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>A page of the audit log.</summary>
internal sealed record AuditPage(IReadOnlyList<AuditEntry> Entries, string? NextCursor);
