using System.Net;
using Axvault.Api.Telemetry;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Telemetry;

/// <summary>The spans of a request, as a collector receives them.</summary>
[Collection(nameof(TelemetryShare))]
public sealed class TraceServerTests(TelemetryFixture telemetry)
{
    private const string Get = "GET /api/v1/credentials/{name}";

    [Fact]
    public void A_read_with_a_refresh_is_one_trace_with_nested_steps()
    {
        var trace = telemetry.Trace("GET", TelemetryFixture.Refreshed, HttpStatusCode.OK);

        Assert.Equal(
            [
                $"{Get} > audit commit",
                $"{Get} > authenticate",
                $"{Get} > authorize",
                $"{Get} > credential decrypt",
                $"{Get} > credential load",
                $"{Get} > refresh",
                "refresh > credential decrypt",
                "refresh > credential encrypt",
                "refresh > credential load",
                "refresh > refresh claim",
                "refresh > refresh grant",
                "refresh > refresh store",
                "refresh store > audit commit",
            ],
            Steps(trace)
        );
        Assert.Single(trace, static span => span.ParentId.Length == 0);
        Assert.DoesNotContain(trace, static span => span.IsError);
    }

    [Fact]
    public void A_put_is_one_trace_and_queries_the_database_only_for_its_key()
    {
        var trace = telemetry.Trace("PUT", TelemetryFixture.Tampered, HttpStatusCode.Created);

        const string Put = "PUT /api/v1/credentials/{name}";
        Assert.Equal([$"{Put} > audit commit", $"{Put} > authenticate", $"{Put} > authorize", $"{Put} > credential encrypt"], Steps(trace));
        Assert.All(trace.Where(static span => span.Source == "Npgsql"), span => Assert.Contains(span, Children(trace, "authenticate")));
        Assert.DoesNotContain(trace, static span => span.IsError);
    }

    [Fact]
    public void Background_queries_start_no_traces()
    {
        var alone = telemetry.Spans.Where(static span => span is { Source: "Npgsql", ParentId.Length: 0 } && span.Attributes.ContainsKey("db.query.text"));

        Assert.Empty(alone.Select(static span => span.Attributes["db.query.text"]));
        Assert.Contains(telemetry.Spans, static span => span.Source == "Npgsql" && span.Attributes.ContainsKey("db.query.text"));
    }

    [Fact]
    public void Calls_of_a_step_to_database_and_provider_are_its_children()
    {
        var trace = telemetry.Trace("GET", TelemetryFixture.Refreshed, HttpStatusCode.OK);

        Assert.All(["authenticate", "credential load", "refresh claim", "refresh store"], name =>
            Assert.Contains(Children(trace, name), static span => span.Source == "Npgsql")
        );
        var call = Assert.Single(Children(trace, "refresh grant"), static span => span.Source == "System.Net.Http");
        Assert.Equal((OtlpSpan.Client, "POST"), (call.Kind, call.Attributes["http.request.method"]));
    }

    [Fact]
    public void A_refresh_span_names_the_credential_the_provider_and_the_outcome()
    {
        var trace = telemetry.Trace("GET", TelemetryFixture.Refreshed, HttpStatusCode.OK);

        var refresh = Assert.Single(trace, static span => span.Name == "refresh").Attributes;
        Assert.Equal(
            (TelemetryFixture.Refreshed, "lab", "refreshed"),
            (refresh["axvault.credential.name"], refresh["axvault.provider"], refresh["axvault.refresh.outcome"])
        );
        Assert.Equal("true", Assert.Single(trace, static span => span.Name == "refresh claim").Attributes["axvault.refresh.claimed"]);
        Assert.Equal("true", Assert.Single(trace, static span => span.Name == "refresh store").Attributes["axvault.refresh.stored"]);
    }

    [Fact]
    public void A_refusal_of_the_provider_is_on_the_grant_and_the_refresh_span()
    {
        var trace = telemetry.Trace("GET", TelemetryFixture.Dead, HttpStatusCode.OK);

        Assert.Equal([("refresh", "invalid_grant"), ("refresh grant", "invalid_grant")], Failures(trace));
        Assert.Equal("permanent", Assert.Single(trace, static span => span.Name == "refresh").Attributes["axvault.refresh.failure"]);
    }

    [Fact]
    public void A_wait_for_another_server_is_a_span_below_the_refresh()
    {
        var trace = telemetry.Trace("GET", TelemetryFixture.Left, HttpStatusCode.OK);

        Assert.Contains("refresh > refresh wait", Steps(trace));
        Assert.Equal([("refresh", "server_lost")], Failures(trace));
    }

    [Fact]
    public void A_tampered_credential_fails_the_decrypt_span() =>
        Assert.Contains(
            ("credential decrypt", "not_authentic"),
            Failures(telemetry.Trace("GET", TelemetryFixture.Tampered, HttpStatusCode.InternalServerError))
        );

    [Theory]
    [InlineData("malformed", HttpStatusCode.Unauthorized, "authenticate", "malformed")]
    [InlineData("unknown", HttpStatusCode.Unauthorized, "authenticate", "unknown")]
    [InlineData(TelemetryFixture.Forbidden, HttpStatusCode.Forbidden, "authorize", "denied")]
    public void A_refusal_of_the_server_fails_the_span_of_its_step(string credential, HttpStatusCode status, string step, string error) =>
        Assert.Equal([(step, error)], Failures(telemetry.Trace("GET", credential, status)));

    [Fact]
    public void Scrapes_and_probes_have_no_spans() =>
        Assert.DoesNotContain(telemetry.Spans, static span => span.Attributes.GetValueOrDefault("url.path") is "/metrics" or "/health" or "/alive");

    [Fact]
    public void A_span_without_a_listener_allocates_nothing()
    {
        Assert.Null(ServerSpans.Start("unheard"));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            using var span = ServerSpans.Start("unheard");
            span.Fail("a failure");
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static IEnumerable<string> Steps(IReadOnlyList<OtlpSpan> trace) =>
        trace
            .Where(static span => span.Source == ServerSpans.SourceName)
            .Select(span => $"{trace.SingleOrDefault(parent => parent.SpanId == span.ParentId)?.Name} > {span.Name}")
            .Order(StringComparer.Ordinal);

    private static IEnumerable<OtlpSpan> Children(IReadOnlyList<OtlpSpan> trace, string name)
    {
        var parents = trace.Where(span => span.Name == name).Select(static span => span.SpanId).ToHashSet();
        return trace.Where(span => parents.Contains(span.ParentId));
    }

    private static IEnumerable<(string, string?)> Failures(IReadOnlyList<OtlpSpan> trace) =>
        trace
            .Where(static span => span.Source == ServerSpans.SourceName && (span.IsError || span.ErrorType is not null))
            .Select(static span => (span.Name, span.IsError ? span.ErrorType : "not an error"))
            .OrderBy(static failure => failure.Name, StringComparer.Ordinal);
}
