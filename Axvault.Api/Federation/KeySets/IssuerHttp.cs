using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Axvault.Api.Http;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Settings;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Federation.KeySets;

/// <summary>Speaks HTTP to issuers. Sizes are bounded, no redirect is followed, and the checked address is the one connected to.</summary>
internal sealed class IssuerHttp : IDisposable
{
    private const string DiscoveryPath = "/.well-known/openid-configuration";

    private readonly HttpClient _http;
    private readonly ProviderProxy _proxy = new(HttpClient.DefaultProxy);
    private readonly FederationOptions _options;

    /// <summary>Creates the client.</summary>
    public IssuerHttp(FederationOptions options)
    {
        _options = options;
        _http = new HttpClient(
            new SocketsHttpHandler
            {
                ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
                AllowAutoRedirect = false,
                ConnectCallback = ConnectAsync,
                MaxResponseHeadersLength = 64,
                // Fetches are rare, and an address may change between two of them.
                PooledConnectionLifetime = TimeSpan.Zero,
                Proxy = _proxy,
                SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = IsTrusted },
                UseCookies = false,
            }
        )
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("axvault", ServerVersion.Text));
        _http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
    }

    /// <summary>Fetches the discovery document of an issuer (OpenID Connect Discovery 1.0 §4).</summary>
    /// <param name="issuer">The issuer's identifier, <c>iss</c>.</param>
    /// <param name="cancellationToken">Ends the fetch.</param>
    /// <exception cref="KeySetException">There is no such document.</exception>
    public async Task<JsonElement> DiscoverAsync(string issuer, CancellationToken cancellationToken)
    {
        var json = await GetAsync(issuer.TrimEnd('/') + DiscoveryPath, cancellationToken);
        try
        {
            var document = StrictJson.Parse(json);
            return Text(document, "issuer") == issuer ? document : throw new KeySetException("the discovery document is of another issuer");
        }
        catch (JsonException exception)
        {
            throw new KeySetException("the discovery document is not JSON", exception);
        }
    }

    /// <summary>Fetches a document.</summary>
    /// <exception cref="KeySetException">There is no such document.</exception>
    public async Task<string> GetAsync(string address, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Check(address, "the URL of the keys"));
        var (status, text) = await SendAsync(request, cancellationToken);
        return status == HttpStatusCode.OK ? text : throw new KeySetException($"{request.RequestUri!.AbsolutePath} was answered with {(int)status}");
    }

    /// <summary>Returns a URL that an issuer has named, when this server may ask it and may lead a browser to it.</summary>
    /// <param name="address">The URL.</param>
    /// <param name="name">The words for it in an error message.</param>
    /// <exception cref="KeySetException">It may not.</exception>
    public Uri Check(string? address, string name) =>
        IssuerUrl.TryParse(address, _options, out var url) ? url : throw new KeySetException($"{name} {IssuerUrl.Rule}");

    /// <summary>Sends a request to a checked URL, and returns its answer.</summary>
    /// <exception cref="KeySetException">The issuer did not answer, or not with a bounded text.</exception>
    public async Task<(HttpStatusCode Status, string Text)> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var url = request.RequestUri!;
        // A proxy resolves names itself, and would connect to any address.
        if (IPAddress.TryParse(url.IdnHost, out var literal))
        {
            CheckIsPublic(url.IdnHost, literal);
        }

        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            var bytes = new byte[KeySet.MaxBytes + 1];
            var length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
            return length > KeySet.MaxBytes
                ? throw new KeySetException($"{url.AbsolutePath} has more than {KeySet.MaxBytes / 1024} KiB")
                : (response.StatusCode, StrictUtf8.Encoding.GetString(bytes, 0, length));
        }
        catch (OperationCanceledException exception)
        {
            throw new KeySetException($"{url.IdnHost} did not answer in time", exception);
        }
        catch (HttpRequestException exception) when (exception.InnerException is KeySetException refused)
        {
            throw refused;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new KeySetException($"{url.IdnHost} could not be reached: {ConnectionFault.Explain(exception)}", exception);
        }
        catch (DecoderFallbackException exception)
        {
            throw new KeySetException($"{url.AbsolutePath} is not UTF-8", exception);
        }
    }

    /// <summary>Returns a member of an object; <see langword="null"/> when it is not a text.</summary>
    public static string? Text(JsonElement element, string member) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    // A name is resolved once. A second look-up could return another address than the one that was checked.
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
        // A proxy of the environment is the operator's choice, and resolves the name itself.
        var isProxy = _proxy.GetProxy(context.InitialRequestMessage.RequestUri!) is not null;
        if (!isProxy)
        {
            CheckIsPublic(host.Trim('[', ']'), addresses);
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void CheckIsPublic(string host, params IPAddress[] addresses)
    {
        if (!_options.PrivateHosts.Contains(host) && !addresses.All(PublicAddress.Is))
        {
            throw new KeySetException($"{host} has a private address: the operator may allow it by {FederationOptions.PrivateHostsSetting.Variable}");
        }
    }

    private bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || _options.Authorities.Count == 0 || certificate is not X509Certificate2 leaf)
        {
            return errors == SslPolicyErrors.None;
        }

        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(_options.Authorities);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.1"));
        foreach (var element in chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            own.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return own.Build(leaf);
    }
}
