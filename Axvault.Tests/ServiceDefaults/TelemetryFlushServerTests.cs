using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;

namespace Axvault.Tests.ServiceDefaults;

/// <summary>What the end of a server owes its telemetry: a flush, in bounded time.</summary>
[Trait("Category", "Long")]
public sealed class TelemetryFlushServerTests(VaultGraph graph)
{
    // Two seconds for the flush, and the rest for a machine under load; unbounded, the three signals took fifteen.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(6);

    [Theory(Explicit = true)]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task A_collector_that_accepts_and_never_answers_does_not_hold_the_end_up(string protocol)
    {
        // Connections are accepted by the system, and nobody reads from them.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString)
        {
            Variables = new Dictionary<string, string>
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = string.Create(CultureInfo.InvariantCulture, $"http://{silent.LocalEndpoint}"),
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
            },
        });
        using var admin = server.Client(server.BootstrapSecret);
        (await admin.PutCredentialAsync("exported")).Is(HttpStatusCode.Created);

        var clock = Stopwatch.StartNew();
        Assert.Equal(0, await server.StopAsync());

        Assert.True(clock.Elapsed < Limit, $"The server took {clock.Elapsed} to end.");
    }

    [Fact(Explicit = true)]
    public async Task What_was_not_yet_exported_reaches_a_collector_that_answers()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString)
        {
            // Nothing is exported before the end.
            Variables = new Dictionary<string, string>(receiver.Variables)
            {
                ["OTEL_BSP_SCHEDULE_DELAY"] = "600000",
                ["OTEL_BLRP_SCHEDULE_DELAY"] = "600000",
                ["OTEL_METRIC_EXPORT_INTERVAL"] = "600000",
            },
        });
        using var admin = server.Client(server.BootstrapSecret);
        (await admin.PutCredentialAsync("exported")).Is(HttpStatusCode.Created);

        Assert.Equal(0, await server.StopAsync());

        Assert.True(receiver.Holds("traces", "/api/v1/credentials/{name}"), "The last spans must have come.");
        Assert.True(receiver.Holds("metrics", "http.server.request.duration"), "The last metrics must have come.");
        Assert.True(receiver.Holds("logs", "credential.put"), "The last logs must have come.");
    }
}
