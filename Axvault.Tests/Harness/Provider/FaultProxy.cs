using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Axvault.Tests.Harness.Provider;

/// <summary>
/// A proxy between one test's server and the provider's token endpoint, which can inject faults. It has ports of its own and is set up while
/// it runs. It takes forms and JSON, and records every request. A request to be forwarded is forwarded even when the client has gone.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<ProxiedRequest> _requests = [];
    private readonly List<ProxiedRequest> _followed = [];
    private readonly List<Gate> _gates = [];
    private readonly Queue<Fault> _next = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly HttpClient _provider = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(45) };
    private readonly Uri _providerTokenUrl;
    private readonly WebApplication _app;
    private ListenOptions? _front;
    private ListenOptions? _elsewhere;
    private Fault _always = Fault.None;
    private Func<ProxiedRequest, Fault?>? _choose;

    private FaultProxy(Uri provider)
    {
        _providerTokenUrl = ProviderClient.TokenUrlOf(provider);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, 0, listener => _front = listener);
            kestrel.Listen(IPAddress.Loopback, 0, listener => _elsewhere = listener);
        });
        _app = builder.Build();
        _app.Run(context => context.Connection.LocalPort == PortOf(_elsewhere) ? TakeFollowedAsync(context) : TakeAsync(context));
    }

    /// <summary>The token endpoint for a server under test.</summary>
    public Uri TokenUrl => ProviderClient.TokenUrlOf(Address);

    /// <summary>The address of the proxy, for a <see cref="ProviderClient"/> that goes through it.</summary>
    public Uri Address => AddressOf(_front);

    /// <summary>Every request so far, in order, with its current state.</summary>
    public IReadOnlyList<ProxiedRequest> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>The requests of clients that followed a redirection. A correct client follows none.</summary>
    public IReadOnlyList<ProxiedRequest> Followed
    {
        get
        {
            lock (_lock)
            {
                return [.. _followed];
            }
        }
    }

    private Uri RedirectTarget => new(AddressOf(_elsewhere), "/elsewhere");

    /// <summary>Starts a proxy of the provider at <paramref name="provider"/>, without faults.</summary>
    public static async Task<FaultProxy> StartAsync(Uri provider)
    {
        var proxy = new FaultProxy(provider);
        await proxy._app.StartAsync(TestContext.Current.CancellationToken);
        return proxy;
    }

    /// <summary>Sets the fault of every request without a more specific one.</summary>
    public void Always(Fault fault)
    {
        lock (_lock)
        {
            _always = fault;
        }
    }

    /// <summary>Sets the fault of the next <paramref name="count"/> requests, after those already queued.</summary>
    public void Next(Fault fault, int count = 1)
    {
        lock (_lock)
        {
            for (var n = 0; n < count; n++)
            {
                _next.Enqueue(fault);
            }
        }
    }

    /// <summary>
    /// Asks <paramref name="choose"/> about each request first. For null, the queued faults and the default apply. Calls do not overlap.
    /// </summary>
    public void Decide(Func<ProxiedRequest, Fault?> choose)
    {
        lock (_lock)
        {
            _choose = choose;
        }
    }

    /// <summary>Removes all faults. Requests under way keep theirs, and gates stay.</summary>
    public void Heal()
    {
        lock (_lock)
        {
            _choose = null;
            _next.Clear();
            _always = Fault.None;
        }
    }

    /// <summary>Holds the first request from now on that reaches <paramref name="point"/>.</summary>
    /// <param name="point">The point at which to hold it.</param>
    /// <param name="which">The condition on the request; none when omitted.</param>
    public Gate Hold(HoldPoint point, Func<ProxiedRequest, bool>? which = null)
    {
        var gate = new Gate(point, which ?? (static _ => true));
        lock (_lock)
        {
            _gates.Add(gate);
        }

        return gate;
    }

    /// <summary>Waits until <paramref name="count"/> requests have come in total. Fails the test when they do not come in time.</summary>
    public Task WaitForRequestsAsync(int count) => Until.HoldsAsync(() => Requests.Count >= count, $"{count} requests have come to the proxy");

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _app.DisposeAsync();
        _provider.Dispose();
        _stopping.Dispose();
    }

    private static int PortOf(ListenOptions? listener) => listener?.IPEndPoint?.Port ?? throw new InvalidOperationException("The proxy has not been started.");

    private static Uri AddressOf(ListenOptions? listener) => new UriBuilder(Uri.UriSchemeHttp, "127.0.0.1", PortOf(listener)).Uri;

    private static async Task<ProxiedRequest> ReadAsync(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body);
        var body = await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
        return new ProxiedRequest(
            Number: 0,
            TimeProvider.System.GetUtcNow(),
            request.Method,
            request.Headers.UserAgent,
            request.ContentType,
            request.Headers.Authorization,
            PostedParameters.Read(request.ContentType, body)
        );
    }

    private async Task TakeAsync(HttpContext context)
    {
        var (request, fault) = Record(await ReadAsync(context.Request));
        try
        {
            await Task.Delay(fault.DelayBefore, _stopping.Token);
            await HoldAsync(HoldPoint.BeforeForwarding, request);
            var answer = fault.Forwards ? await ForwardAsync(request) : null;
            await HoldAsync(HoldPoint.BeforeAnswering, request);
            await Task.Delay(fault.DelayAfter, _stopping.Token);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, context.RequestAborted);
            await fault.ReplyAsync(new FaultExchange(context, answer, RedirectTarget, end.Token));
        }
        catch (OperationCanceledException)
        {
            // The client has gone, or the test is over.
            context.Abort();
        }
    }

    private async Task TakeFollowedAsync(HttpContext context)
    {
        var request = await ReadAsync(context.Request);
        lock (_lock)
        {
            _followed.Add(request with { Number = _followed.Count + 1 });
        }

        // Looks like tokens, so that a server that follows the redirection also shows it in the credential that it serves.
        await context.Response.WriteAsJsonAsync(
            new
            {
                access_token = "from-elsewhere",
                refresh_token = "from-elsewhere",
                token_type = "Bearer",
                expires_in = 3600,
            },
            context.RequestAborted
        );
    }

    private (ProxiedRequest Request, Fault Fault) Record(ProxiedRequest read)
    {
        lock (_lock)
        {
            var request = read with { Number = _requests.Count + 1 };
            _requests.Add(request);
            return (request, _choose?.Invoke(request) ?? (_next.TryDequeue(out var next) ? next : _always));
        }
    }

    private void Update(int number, Func<ProxiedRequest, ProxiedRequest> change)
    {
        lock (_lock)
        {
            _requests[number - 1] = change(_requests[number - 1]);
        }
    }

    private async Task HoldAsync(HoldPoint point, ProxiedRequest request)
    {
        Gate? gate;
        lock (_lock)
        {
            gate = _gates.Find(gate => gate.TryTake(point, _requests[request.Number - 1]));
        }

        await (gate?.WaitAsync(_stopping.Token) ?? Task.CompletedTask);
    }

    // Bound to the proxy's life and not to the client's connection, so that a request under way arrives.
    private async Task<ProviderAnswer> ForwardAsync(ProxiedRequest request)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, _providerTokenUrl) { Content = new FormUrlEncodedContent(request.Parameters) };
        if (request.Authorization is not null)
        {
            message.Headers.TryAddWithoutValidation("Authorization", request.Authorization);
        }

        Update(request.Number, static forwarded => forwarded with { Forwarded = true });
        using var response = await TrySendAsync(message);
        if (response is null)
        {
            return new ProviderAnswer((int)HttpStatusCode.BadGateway, ContentType: null, CacheControl: null, []);
        }

        var answer = new ProviderAnswer(
            (int)response.StatusCode,
            response.Content.Headers.ContentType?.ToString(),
            response.Headers.CacheControl?.ToString(),
            await response.Content.ReadAsByteArrayAsync(_stopping.Token)
        );
        var issued = response.StatusCode == HttpStatusCode.OK ? Issued(answer) : null;
        Update(request.Number, answered => answered with { ProviderStatus = response.StatusCode, Issued = issued });
        return answer;
    }

    private async Task<HttpResponseMessage?> TrySendAsync(HttpRequestMessage message)
    {
        try
        {
            return await _provider.SendAsync(message, _stopping.Token);
        }
        catch (HttpRequestException)
        {
            // Without a provider, a gateway answers 502.
            return null;
        }
    }

    private static IssuedTokens Issued(ProviderAnswer answer)
    {
        using var document = JsonDocument.Parse(answer.Body);
        return IssuedTokens.Parse(document.RootElement);
    }
}
