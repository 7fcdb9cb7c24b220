namespace Axvault.Api.Federation.KeySets;

/// <summary>Fetches the keys of issuers, in bounded time.</summary>
internal sealed class KeySetClient(IssuerHttp http, TimeProvider time)
{
    /// <summary>The longest duration of a fetch.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Fetches the keys of an issuer.</summary>
    /// <param name="issuer">The issuer's identifier, <c>iss</c>.</param>
    /// <param name="jwksUrl">The URL of the key set; <see langword="null"/> to ask the issuer's discovery document.</param>
    /// <returns>The key set as it came, which has a key for signatures.</returns>
    /// <exception cref="KeySetException">There is no such key set.</exception>
    public async Task<string> FetchAsync(string issuer, string? jwksUrl)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        var json = await http.GetAsync(jwksUrl ?? await DiscoverAsync(issuer, limit.Token), limit.Token);
        return KeySet.TryParse(json, out _, out var fault) ? json : throw new KeySetException($"the key set {fault}");
    }

    private async Task<string> DiscoverAsync(string issuer, CancellationToken cancellationToken) =>
        IssuerHttp.Text(await http.DiscoverAsync(issuer, cancellationToken), "jwks_uri")
        ?? throw new KeySetException("the discovery document names no jwks_uri");
}
