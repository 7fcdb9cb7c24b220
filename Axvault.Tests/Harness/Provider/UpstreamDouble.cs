using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Axvault.Tests.Harness.Provider;

/// <summary>An upstream on loopback that records what arrives. A test says the answer for the path that it calls.</summary>
public sealed class UpstreamDouble : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Func<HttpContext, Task>> _answers = [];
    private readonly ConcurrentDictionary<string, Func<HttpContext, Task>> _unread = [];
    private readonly ConcurrentQueue<ArrivedCall> _calls = [];

    private UpstreamDouble(WebApplication app) => _app = app;

    /// <summary>The address, without a slash at its end.</summary>
    public string Url => _app.Urls.Single();

    /// <summary>The calls that arrived.</summary>
    public IReadOnlyCollection<ArrivedCall> Calls => _calls;

    /// <summary>Starts an upstream.</summary>
    /// <param name="certificate">The certificate of an upstream with HTTPS, which speaks HTTP/2, too.</param>
    public static async Task<UpstreamDouble> StartAsync(X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Listen(
                IPAddress.Loopback,
                0,
                listen =>
                {
                    if (certificate is not null)
                    {
                        listen.UseHttps(certificate);
                    }
                }
            );
        });
        var upstream = new UpstreamDouble(builder.Build());
        upstream._app.UseWebSockets();
        upstream._app.Run(upstream.AnswerAsync);
        await upstream._app.StartAsync();
        return upstream;
    }

    /// <summary>Sets the answer to calls whose body or path has <paramref name="mark"/>.</summary>
    public void Answers(string mark, Func<HttpContext, Task> answer) => _answers[mark] = answer;

    /// <summary>Sets the answer to calls with a header of the value <paramref name="mark"/>. Their bodies are not read.</summary>
    public void AnswersUnread(string mark, Func<HttpContext, Task> answer) => _unread[mark] = answer;

    /// <summary>Sets a JSON answer.</summary>
    public void Answers(string mark, string json, int status = StatusCodes.Status200OK) =>
        Answers(
            mark,
            context =>
            {
                context.Response.StatusCode = status;
                context.Response.ContentType = "application/json";
                return context.Response.WriteAsync(json);
            }
        );

    /// <summary>Returns the calls with <paramref name="mark"/>.</summary>
    public IReadOnlyList<ArrivedCall> CallsWith(string mark) => [.. _calls.Where(call => call.Has(mark))];

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        if (_unread.FirstOrDefault(answer => context.Request.Headers.Values.Any(value => value == answer.Key)).Value is { } early)
        {
            await early(context);
            return;
        }

        var body = "";
        if (!context.WebSockets.IsWebSocketRequest)
        {
            using var reader = new StreamReader(context.Request.Body, System.Text.Encoding.Latin1);
            body = await reader.ReadToEndAsync(context.RequestAborted);
        }

        var call = new ArrivedCall(
            context.Request.Method,
            context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            context.Request.Headers.ToDictionary(static header => header.Key, static header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body
        );
        _calls.Enqueue(call);
        var answer = _answers.FirstOrDefault(answer => call.Has(answer.Key)).Value;
        if (answer is null)
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("{}");
            return;
        }

        await answer(context);
    }
}

/// <summary>A call that arrived at an upstream.</summary>
public sealed record ArrivedCall(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>Returns <see langword="true"/> when target, body or a header has <paramref name="mark"/>; otherwise <see langword="false"/>.</summary>
    public bool Has(string mark) =>
        Body.Contains(mark, StringComparison.Ordinal)
        || Target.Contains(mark, StringComparison.Ordinal)
        || Headers.Values.Any(value => value.Contains(mark, StringComparison.Ordinal));
}
