using System.Collections.Concurrent;
using Axvault.Tests.Harness.Leaks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Axvault.Tests.Harness.Servers;

/// <summary>Receives the telemetry of servers over OTLP (http/protobuf), and keeps the bytes as received.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    /// <summary>The header that names the test of the exporting server.</summary>
    public const string SourceHeader = "x-source";

    private readonly ConcurrentQueue<(string Signal, byte[] Bytes)> _received = [];
    private readonly WebApplication _app;
    private readonly bool _keep;

    private OtlpReceiver(bool keep)
    {
        _keep = keep;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/v1/{signal}", ReceiveAsync);
    }

    /// <summary>The variables that make a server export to this receiver at short intervals.</summary>
    public IReadOnlyDictionary<string, string> Variables =>
        new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _app.Urls.First(),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
            ["OTEL_BLRP_SCHEDULE_DELAY"] = "200",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
            ["OTEL_SERVICE_NAME"] = "axvault-under-test",
        };

    /// <summary>Starts a receiver.</summary>
    /// <param name="keep"><see langword="true"/> to keep the exports for assertions. They are searched for leaks in any case.</param>
    public static async Task<OtlpReceiver> StartAsync(bool keep = true)
    {
        var receiver = new OtlpReceiver(keep);
        await receiver._app.StartAsync(TestContext.Current.CancellationToken);
        return receiver;
    }

    /// <summary>Returns <see langword="true"/> when any export contains <paramref name="secret"/> in any disguise; otherwise <see langword="false"/>.</summary>
    public bool Holds(byte[] secret) => Disguise.Of(secret).Any(disguise => _received.Any(export => export.Bytes.AsSpan().IndexOf(disguise) >= 0));

    /// <summary>
    /// Returns <see langword="true"/> when an export of <paramref name="signal"/> contains <paramref name="text"/>; otherwise <see
    /// langword="false"/>.
    /// </summary>
    public bool Holds(string signal, string text) =>
        _received.Any(export => export.Signal == signal && export.Bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) >= 0);

    /// <summary>The spans received so far.</summary>
    public IReadOnlyList<OtlpSpan> Spans =>
        [.. _received.Where(static export => export.Signal == "traces").SelectMany(static export => OtlpSpan.ReadAll(export.Bytes))];

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ReceiveAsync(string signal, HttpRequest request)
    {
        using var bytes = new MemoryStream();
        await request.Body.CopyToAsync(bytes, request.HttpContext.RequestAborted);
        LeakWatch.Emissions.Append(EmissionChannel.Telemetry, $"{signal} of {request.Headers[SourceHeader]}", bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
        if (_keep)
        {
            _received.Enqueue((signal, bytes.ToArray()));
        }
    }
}
