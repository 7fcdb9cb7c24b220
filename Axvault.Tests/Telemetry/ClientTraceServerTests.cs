using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Telemetry;

/// <summary>The trace of a client that names its own in <c>traceparent</c>.</summary>
public sealed class ClientTraceServerTests(VaultGraph graph)
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Span = "b7ad6b7169203331";

    [Theory]
    [InlineData("10.0.0.0/8", "on", false)]
    [InlineData("127.0.0.1", "off", false)]
    [InlineData("127.0.0.1", "on", true)]
    public async Task A_clients_trace_is_linked_and_joined_only_behind_a_trusted_proxy(string proxies, string traces, bool joins)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString)
            {
                Variables = new Dictionary<string, string>(receiver.Variables)
                {
                    ["AXVAULT_TRUSTED_PROXIES"] = proxies,
                    ["AXVAULT_TRUSTED_TRACES"] = traces,
                },
            }
        );
        using var admin = server.Client(server.BootstrapSecret);

        // An unsampled parent must not switch the spans of the server off.
        foreach (var flags in joins ? ["01"] : new[] { "01", "00" })
        {
            var name = $"traced-{flags}";
            await admin.SendAsync(HttpMethod.Get, $"credentials/{name}", headers: headers =>
            {
                headers.TryAddWithoutValidation("traceparent", $"00-{Trace}-{Span}-{flags}");
                headers.TryAddWithoutValidation("tracestate", "vendor=1");
                headers.TryAddWithoutValidation("baggage", "chosen=by-the-client");
            });
            var entry = (await admin.GetAsync($"audit?credential={name}")).Is(HttpStatusCode.OK).Json.GetProperty("entries")[0];
            var traceId = entry.GetProperty("traceId").GetString()!;
            OtlpSpan? span = null;
            await Until.HoldsAsync(
                () =>
                {
                    span = receiver.Spans.FirstOrDefault(span =>
                        span.Kind == OtlpSpan.Server && span.Attributes.GetValueOrDefault("url.path") == $"/api/v1/credentials/{name}"
                    );
                    return Task.FromResult(span is not null);
                },
                "the span is exported"
            );

            Assert.Equal(traceId, span!.TraceId);
            Assert.Equal(joins, traceId == Trace);
            Assert.Equal(joins ? Span : "", span.ParentId);
            Assert.Equal(joins ? [] : [$"{Trace}-{Span}"], span.Links);
        }

        Assert.False(receiver.Holds("traces", "by-the-client"));
    }
}
