using Axvault.Api.Federation.KeySets;
using BitFaster.Caching.Lru;

namespace Axvault.Api.Federation.Issuers;

/// <summary>
/// Finds the keys of issuers. They are fetched once for the whole fleet, and kept in the database: for the other servers, and for the time in which an issuer
/// does not answer. A fetch holds no connection to the database, and blocks no request of another issuer.
/// </summary>
internal sealed partial class IssuerKeys(
    KeySetStore store,
    KeySetClient client,
    FederationTelemetry telemetry,
    TimeProvider time,
    ILogger<IssuerKeys> logger
)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // Parsed sets by their text: parsing RSA keys takes longer than verifying with them.
    private readonly ConcurrentLru<string, KeySet> _parsed = new(256);

    /// <summary>Finds the keys of <paramref name="stored"/>, and fetches them when they are old or <paramref name="keyId"/> is not among them.</summary>
    /// <returns>The keys; <see langword="null"/> when there are none that are less than a day old.</returns>
    public async Task<KeySet?> FindAsync(StoredIssuer stored, string keyId, CancellationToken cancellationToken)
    {
        var issuer = stored.Issuer;
        if (issuer.Jwks is { } inline)
        {
            return Parse(inline);
        }

        while (true)
        {
            var fetched = await store.FindAsync(issuer.Name, cancellationToken);
            var keys = fetched?.Json is { } json ? Parse(json) : null;
            var isKnown = keys is not null && keys.Keys.Any(key => key.Id == keyId);
            if (isKnown && fetched!.IsFresh)
            {
                return keys;
            }

            if (await store.TryClaimAsync(issuer.Name, stored.WrittenBy, cancellationToken) is { } attempt)
            {
                await FetchAsync(issuer, attempt);
            }
            else if (!isKnown && await IsNewsAsync(issuer, fetched, cancellationToken))
            {
                // Another request, perhaps of another server, is fetching them, or has done so since they were read.
                await Task.Delay(Pause, time, cancellationToken);
            }
            else
            {
                return keys;
            }
        }
    }

    /// <summary>Fetches the keys of <paramref name="issuer"/>, unless that was tried in the last minute.</summary>
    public async Task RefreshAsync(StoredIssuer issuer, CancellationToken cancellationToken)
    {
        if (issuer.Issuer.Jwks is null && await store.TryClaimAsync(issuer.Issuer.Name, issuer.WrittenBy, cancellationToken) is { } attempt)
        {
            await FetchAsync(issuer.Issuer, attempt);
        }
    }

    /// <summary>Returns <paramref name="issuer"/> as the API shows it, with its keys.</summary>
    public async Task<IssuerResponse> DescribeAsync(StoredIssuer issuer, CancellationToken cancellationToken)
    {
        var fetched = issuer.Issuer.Jwks is null ? await store.FindAsync(issuer.Issuer.Name, cancellationToken) : null;
        return IssuerResponse.Of(issuer, (issuer.Issuer.Jwks ?? fetched?.Json) is { } json ? Parse(json) : null, fetched);
    }

    private async Task<bool> IsNewsAsync(Issuer issuer, StoredKeySet? known, CancellationToken cancellationToken) =>
        await store.FindAsync(issuer.Name, cancellationToken) is { } now && (now.IsUnderWay || now != known);

    // Checked before it was stored.
    private KeySet Parse(string json) =>
        _parsed.GetOrAdd(
            json,
            static text => KeySet.TryParse(text, out var set, out var fault) ? set : throw new FormatException($"A stored key set {fault}.")
        );

    // The fetch belongs to all who wait for it: the end of one request does not cancel it.
    private async Task FetchAsync(Issuer issuer, DateTimeOffset attempt)
    {
        using var span = FederationTelemetry.StartFetch(issuer.Name);
        try
        {
            await store.SaveAsync(issuer.Name, attempt, await client.FetchAsync(issuer.Identifier, issuer.JwksUrl));
            telemetry.Fetched(span, isDone: true);
        }
        catch (KeySetException exception)
        {
            telemetry.Fetched(span, isDone: false);
            Log.NotFetched(logger, issuer.Name, exception.Message);
            await store.FailAsync(issuer.Name, attempt, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The keys of the issuer {Issuer} could not be fetched: {Reason}")]
        public static partial void NotFetched(ILogger logger, string issuer, string reason);
    }
}
