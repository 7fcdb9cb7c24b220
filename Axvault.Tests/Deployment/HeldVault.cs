using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Axvault.Tests.Deployment;

/// <summary>A proxy in front of the real server, which holds reads back or refuses an exchange at a moment that a test chooses.</summary>
internal sealed class HeldVault : IAsyncDisposable
{
    private readonly HttpClient _client = new();
    private readonly ConcurrentQueue<int> _refusals = [];
    private readonly Uri _server;
    private readonly WebApplication _app;
    private int _exchanges;
    private int _reads;

    private HeldVault(Uri server)
    {
        _server = server;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(TakeAsync);
    }

    /// <summary>The address of the proxy.</summary>
    public string Url => _app.Urls.First();

    /// <summary>The number of requests to the token exchange.</summary>
    public int Exchanges => _exchanges;

    /// <summary>The number of reads that have begun.</summary>
    public int Reads => _reads;

    /// <summary>Reads are answered when this has ended.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Starts a proxy of <paramref name="server"/>.</summary>
    public static async Task<HeldVault> StartAsync(Uri server)
    {
        var started = new HeldVault(server);
        await started._app.StartAsync(TestContext.Current.CancellationToken);
        return started;
    }

    /// <summary>Refuses the next exchange with a status.</summary>
    public void RefuseOnce(int status) => _refusals.Enqueue(status);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _client.Dispose();
    }

    private async Task TakeAsync(HttpContext context)
    {
        if (HttpMethods.IsGet(context.Request.Method))
        {
            Interlocked.Increment(ref _reads);
            await Gate.WaitAsync(context.RequestAborted);
        }
        else if (HttpMethods.IsPost(context.Request.Method))
        {
            Interlocked.Increment(ref _exchanges);
            if (_refusals.TryDequeue(out var status))
            {
                context.Response.StatusCode = status;
                return;
            }
        }

        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(_server, context.Request.Path))
        {
            Content = new StreamContent(context.Request.Body),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        request.Headers.TryAddWithoutValidation("Authorization", context.Request.Headers.Authorization.ToString());
        using var answer = await _client.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
