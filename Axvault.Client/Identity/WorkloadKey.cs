using Axvault.Client.Transport;

namespace Axvault.Client.Identity;

/// <summary>A key that the token of the workload is exchanged for (RFC 8693). It is exchanged anew before it expires, by one caller at a time.</summary>
internal sealed class WorkloadKey(AxvaultClientOptions options) : ApiKeySource
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);
    private readonly SemaphoreSlim _gate = new(1);
    private IssuedKey? _key;

    /// <inheritdoc />
    public override async ValueTask<string> GetAsync(CancellationToken cancellationToken)
    {
        if (_key is { IsUsable: true } known)
        {
            return known.Secret;
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            // Another caller may have exchanged meanwhile.
            if (_key is not { IsUsable: true } key)
            {
                _key = key = await ExchangeAsync(cancellationToken);
            }

            return key.Secret;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc />
    public override bool Replaces(string refused)
    {
        // Only the refused key is dropped: another caller may have replaced it.
        Interlocked.CompareExchange(ref _key, null, _key is { } key && key.Secret == refused ? key : null);
        return true;
    }

    /// <inheritdoc />
    public override void Dispose() => _gate.Dispose();

    private async Task<IssuedKey> ExchangeAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient(Connections.Create(options.RequireUrl())) { BaseAddress = options.RequireUrl() };
        var token = await WorkloadToken.ReadAsync(options, cancellationToken);
        var answer = await new TokenExchange(new ApiTransport(http)).ExchangeAsync(options.Rule!, token, cancellationToken);
        return new IssuedKey(answer.Secret, DateTimeOffset.UtcNow + answer.Lifetime);
    }

    private sealed class IssuedKey(string secret, DateTimeOffset expiresAt)
    {
        public string Secret => secret;

        public bool IsUsable => DateTimeOffset.UtcNow < expiresAt - Margin;
    }
}
