using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Axvault.Tests.Clients;

/// <summary>A server on loopback that answers as a test says, and keeps what it received.</summary>
internal sealed class Upstream : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Upstream(WebApplication app) => _app = app;

    /// <summary>The address.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>The requests: method, the two headers that carry tokens, and body.</summary>
    public ConcurrentQueue<(string Method, string? Token, string? ApiKey, string Body)> Requests { get; } = new();

    /// <summary>Starts a server.</summary>
    /// <param name="answer">Returns the status for a request with the token.</param>
    public static async Task<Upstream> StartAsync(Func<string?, int> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var upstream = new Upstream(builder.Build());
        upstream._app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var token = context.Request.Headers.Authorization.ToString() is { Length: > 7 } header ? header[7..] : null;
            upstream.Requests.Enqueue((context.Request.Method, token, context.Request.Headers["x-api-key"], await reader.ReadToEndAsync()));
            context.Response.StatusCode = answer(token ?? context.Request.Headers["x-api-key"]);
        });
        await upstream._app.StartAsync(TestContext.Current.CancellationToken);
        upstream.Address = new Uri(upstream._app.Urls.Single());
        return upstream;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
