using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Axvault.Bench.Floors;

/// <summary>A provider on loopback that answers at once: with JSON of 1 KiB, or with events that carry the time at which they were sent.</summary>
internal static class FloorUpstream
{
    /// <summary>The command of the server.</summary>
    public const string Command = "floor-upstream";

    /// <summary>The query of a stream of events.</summary>
    public const string Events = "?events";

    /// <summary>The query of a stream that begins, and then sends nothing.</summary>
    public const string Idle = "?idle";

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private static readonly byte[] Answer = Encoding.UTF8.GetBytes(
        $$"""{"model":"bench","content":"{{new string('x', 900)}}","usage":{"input_tokens":10,"output_tokens":20} }"""
    );

    /// <summary>Runs the server.</summary>
    public static async Task RunAsync(string port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(static kestrel => kestrel.Limits.MaxRequestBodySize = null)
            .UseUrls(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        await using var app = builder.Build();
        app.Run(AnswerAsync);
        await app.RunAsync();
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        await context.Request.Body.CopyToAsync(Stream.Null);
        if (context.Request.QueryString.Value is Events or Idle)
        {
            await StreamAsync(context, context.Request.QueryString.Value == Events);
            return;
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = Answer.Length;
        await context.Response.Body.WriteAsync(Answer);
    }

    private static async Task StreamAsync(HttpContext context, bool hasEvents)
    {
        context.Response.ContentType = "text/event-stream";
        try
        {
            do
            {
                await context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"data: {Stopwatch.GetTimestamp()}\n\n"), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(hasEvents ? Interval : Timeout.InfiniteTimeSpan, context.RequestAborted);
            } while (true);
        }
        catch (OperationCanceledException)
        {
            // The client has seen enough.
        }
    }
}
