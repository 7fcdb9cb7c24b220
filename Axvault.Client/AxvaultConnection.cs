using Axvault.Client.Identity;
using Axvault.Client.Transport;

namespace Axvault.Client;

/// <summary>A client with connections of its own, for a program without a container of services.</summary>
/// <example><code>using var connection = AxvaultClient.Connect(options); await connection.Client.Keys.ReadSelfAsync();</code></example>
public sealed class AxvaultConnection : IDisposable
{
    private readonly HttpClient _http;
    private readonly ApiKeySource _keys;

    private AxvaultConnection(HttpClient http, ApiKeySource keys) => (_http, _keys, Client) = (http, keys, new AxvaultClient(http));

    /// <summary>The client.</summary>
    public AxvaultClient Client { get; }

    /// <inheritdoc />
    public void Dispose()
    {
        _http.Dispose();
        _keys.Dispose();
    }

    internal static AxvaultConnection Open(AxvaultClientOptions options)
    {
        var url = options.RequireUrl();
        var keys = ApiKeySource.Of(options);
        var handler = new KeyHandler(keys) { InnerHandler = Connections.Retrying(Connections.Create(url)) };
        return new AxvaultConnection(new HttpClient(handler) { BaseAddress = url }, keys);
    }
}
