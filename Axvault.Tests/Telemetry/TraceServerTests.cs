using System.Net;
using Axvault.Api.Telemetry;
using Axvault.Tests.Server;

namespace Axvault.Tests.Telemetry;

/// <summary>The spans of a request, as a collector gets them.</summary>
[Collection(nameof(TelemetryShare))]
public sealed class TraceServerTests(TelemetryFixture told)
{
    private const string Get = "GET /api/v1/credentials/{name}";

    [Fact]
    public void A_read_that_refreshes_is_one_trace_in_which_each_step_is_below_the_one_that_took_it()
    {
        var trace = told.Trace("GET", TelemetryFixture.Refreshed, HttpStatusCode.OK);

        Assert.Equal(
            [
                $"{Get} > audit commit",
                $"{Get} > authenticate",
                $"{Get} > authorize",
                $"{Get} > credential decrypt",
                $"{Get} > credential load",
                $"{Get} > refresh",
                "refresh > audit commit",
                "refresh > credential decrypt",
                "refresh > credential encrypt",
                "refresh > credential load",
                "refresh > refresh claim",
                "refresh > refresh grant",
                "refresh > refresh store",
            ],
            Steps(trace));
        Assert.Single(trace, static span => span.ParentId.Length == 0);
        Assert.DoesNotContain(trace, static span => span.IsError);
    }

    [Fact]
    public void A_put_is_one_trace_and_asks_the_database_nothing_of_its_own_but_its_key()
    {
        var trace = told.Trace("PUT", TelemetryFixture.Tampered, HttpStatusCode.Created);

        const string Put = "PUT /api/v1/credentials/{name}";
        Assert.Equal([$"{Put} > audit commit", $"{Put} > authenticate", $"{Put} > authorize", $"{Put} > credential encrypt"], Steps(trace));
        Assert.All(trace.Where(static span => span.Source == "Npgsql"), span => Assert.Contains(span, Children(trace, "authenticate")));
        Assert.DoesNotContain(trace, static span => span.IsError);
    }

    [Fact]
    public void What_the_server_asks_the_database_by_itself_is_no_trace_of_its_own()
    {
        var alone = told.Spans.Where(static span => span is { Source: "Npgsql", ParentId.Length: 0 } && span.Attributes.ContainsKey("db.query.text"));

        Assert.Empty(alone.Select(static span => span.Attributes["db.query.text"]));
        Assert.Contains(told.Spans, static span => span.Source == "Npgsql" && span.Attributes.ContainsKey("db.query.text"));
    }

    [Fact]
    public void What_a_step_asks_of_the_database_and_the_provider_is_below_it()
    {
        var trace = told.Trace("GET", TelemetryFixture.Refreshed, HttpStatusCode.OK);

        Assert.All(
            ["authenticate", "credential load", "refresh claim", "refresh store"],
            name => Assert.Contains(Children(trace, name), static span => span.Source == "Npgsql"));
        var call = Assert.Single(Children(trace, "refresh grant"), static span => span.Source == "System.Net.Http");
        Assert.Equal((OtlpSpan.Client, "POST"), (call.Kind, call.Attributes["http.request.method"]));
    }

    [Fact]
    public void A_refresh_names_the_credential_the_provider_and_what_came_of_it()
    {
        var trace = told.Trace("GET", TelemetryFixture.Refreshed, HttpStatusCode.OK);

        var refresh = Assert.Single(trace, static span => span.Name == "refresh").Attributes;
        Assert.Equal((TelemetryFixture.Refreshed, "lab", "refreshed"), (refresh["axvault.credential.name"], refresh["axvault.provider"], refresh["axvault.refresh.outcome"]));
        Assert.Equal("true", Assert.Single(trace, static span => span.Name == "refresh claim").Attributes["axvault.refresh.claimed"]);
        Assert.Equal("true", Assert.Single(trace, static span => span.Name == "refresh store").Attributes["axvault.refresh.stored"]);
    }

    [Fact]
    public void A_refusal_of_the_provider_is_on_its_own_span_and_on_the_refresh()
    {
        var trace = told.Trace("GET", TelemetryFixture.Dead, HttpStatusCode.OK);

        Assert.Equal(
            [("refresh", "invalid_grant"), ("refresh grant", "invalid_grant")],
            Failures(trace));
        Assert.Equal("permanent", Assert.Single(trace, static span => span.Name == "refresh").Attributes["axvault.refresh.failure"]);
    }

    [Fact]
    public void Waiting_for_another_server_is_a_span_below_the_refresh()
    {
        var trace = told.Trace("GET", TelemetryFixture.Left, HttpStatusCode.OK);

        Assert.Contains("refresh > refresh wait", Steps(trace));
        Assert.Equal([("refresh", "server_lost")], Failures(trace));
    }

    [Fact]
    public void A_credential_that_does_not_open_fails_where_it_is_decrypted() =>
        Assert.Contains(("credential decrypt", "not_authentic"), Failures(told.Trace("GET", TelemetryFixture.Tampered, HttpStatusCode.InternalServerError)));

    [Theory]
    [InlineData("malformed", HttpStatusCode.Unauthorized, "authenticate", "malformed")]
    [InlineData("unknown", HttpStatusCode.Unauthorized, "authenticate", "unknown")]
    [InlineData(TelemetryFixture.Forbidden, HttpStatusCode.Forbidden, "authorize", "denied")]
    public void A_refusal_of_the_server_is_a_failure_of_the_step_that_refused(string credential, HttpStatusCode status, string step, string error) =>
        Assert.Equal([(step, error)], Failures(told.Trace("GET", credential, status)));

    [Fact]
    public void Nothing_tells_of_scrapes_and_probes() =>
        Assert.DoesNotContain(told.Spans, static span => span.Attributes.GetValueOrDefault("url.path") is "/metrics" or "/health" or "/alive");

    [Fact]
    public void A_span_that_nobody_listens_to_costs_nothing()
    {
        Assert.Null(VaultSpans.Start("unheard"));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            using var span = VaultSpans.Start("unheard");
            span.Fail("a failure");
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static IEnumerable<string> Steps(IReadOnlyList<OtlpSpan> trace) =>
        trace.Where(static span => span.Source == VaultSpans.SourceName)
            .Select(span => $"{trace.SingleOrDefault(parent => parent.SpanId == span.ParentId)?.Name} > {span.Name}")
            .Order(StringComparer.Ordinal);

    private static IEnumerable<OtlpSpan> Children(IReadOnlyList<OtlpSpan> trace, string name)
    {
        var parents = trace.Where(span => span.Name == name).Select(static span => span.SpanId).ToHashSet();
        return trace.Where(span => parents.Contains(span.ParentId));
    }

    private static IEnumerable<(string, string?)> Failures(IReadOnlyList<OtlpSpan> trace) =>
        trace.Where(static span => span.Source == VaultSpans.SourceName && (span.IsError || span.ErrorType is not null))
            .Select(static span => (span.Name, span.IsError ? span.ErrorType : "not an error"))
            .OrderBy(static failure => failure.Name, StringComparer.Ordinal);
}
