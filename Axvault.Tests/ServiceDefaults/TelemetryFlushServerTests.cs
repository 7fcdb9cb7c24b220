using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.ServiceDefaults;

/// <summary>A server that stops flushes its telemetry, in bounded time.</summary>
[Trait("Category", "Long")]
public sealed class TelemetryFlushServerTests(VaultGraph graph)
{
    // The flush may take two seconds; the rest is for a machine under load. Unbounded, the three signals took fifteen.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(6);

    [Theory(Explicit = true)]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task A_collector_that_never_answers_does_not_delay_the_stop(string protocol)
    {
        // The system accepts connections, but the test reads nothing from them.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString)
            {
                Variables = new Dictionary<string, string>
                {
                    ["OTEL_EXPORTER_OTLP_ENDPOINT"] = string.Create(CultureInfo.InvariantCulture, $"http://{silent.LocalEndpoint}"),
                    ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
                },
            }
        );
        using var admin = server.Client(server.BootstrapSecret);
        (await admin.PutCredentialAsync("exported")).Is(HttpStatusCode.Created);

        var clock = Stopwatch.StartNew();
        Assert.Equal(0, await server.StopAsync());

        Assert.True(clock.Elapsed < Limit, $"The server took {clock.Elapsed} to end.");
    }

    [Fact(Explicit = true)]
    public async Task A_stop_exports_the_pending_telemetry()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString)
            {
                // No export is due before the stop.
                Variables = new Dictionary<string, string>(receiver.Variables)
                {
                    ["OTEL_BSP_SCHEDULE_DELAY"] = "600000",
                    ["OTEL_BLRP_SCHEDULE_DELAY"] = "600000",
                    ["OTEL_METRIC_EXPORT_INTERVAL"] = "600000",
                },
            }
        );
        using var admin = server.Client(server.BootstrapSecret);
        (await admin.PutCredentialAsync("exported")).Is(HttpStatusCode.Created);

        Assert.Equal(0, await server.StopAsync());

        Assert.True(receiver.Holds("traces", "/api/v1/credentials/{name}"), "The last spans must have come.");
        Assert.True(receiver.Holds("metrics", "http.server.request.duration"), "The last metrics must have come.");
        Assert.True(receiver.Holds("logs", "credential.put"), "The last logs must have come.");
    }
}
