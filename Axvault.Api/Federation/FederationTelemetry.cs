using System.Diagnostics;
using System.Diagnostics.Metrics;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Federation;

/// <summary>The spans and metrics of workload identity.</summary>
internal sealed class FederationTelemetry
{
    private const string OutcomeTag = "axvault.federation.outcome";
    private const string IssuerTag = "axvault.issuer.name";
    private const string RuleTag = "axvault.rule.name";

    private readonly Counter<long> _exchanges;
    private readonly Counter<long> _fetches;

    /// <summary>Creates the instruments.</summary>
    public FederationTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(ServerSpans.SourceName);
        _exchanges = meter.CreateCounter<long>("axvault.federation.exchanges", "{exchange}", "Tokens of workloads, by whether they were exchanged for a key.");
        _fetches = meter.CreateCounter<long>("axvault.federation.fetches", "{fetch}", "Fetches of the keys of issuers, by whether they succeeded.");
    }

    /// <summary>Starts the span of an exchange.</summary>
    public static Activity? StartExchange() => ServerSpans.Start("exchange token");

    /// <summary>Starts the span of fetching the keys of an issuer.</summary>
    public static Activity? StartFetch(string issuer)
    {
        var span = ServerSpans.Start("fetch issuer keys");
        span?.SetTag(IssuerTag, issuer);
        return span;
    }

    /// <summary>Counts an exchange.</summary>
    /// <param name="span">The span.</param>
    /// <param name="rule">The rule; <see langword="null"/> when there is none.</param>
    /// <param name="outcome">The code of the outcome.</param>
    public void Exchanged(Activity? span, string? rule, ExchangeOutcome outcome)
    {
        var name = Name(outcome);
        span?.SetTag(OutcomeTag, name);
        if (rule is not null)
        {
            span?.SetTag(RuleTag, rule);
        }

        _exchanges.Add(1, new KeyValuePair<string, object?>(OutcomeTag, name));
    }

    /// <summary>Counts a fetch.</summary>
    public void Fetched(Activity? span, bool isDone)
    {
        if (!isDone)
        {
            span.Fail("fetch_failed");
        }

        _fetches.Add(1, new KeyValuePair<string, object?>(OutcomeTag, isDone ? "success" : "failure"));
    }

    /// <summary>Returns the name of an outcome in telemetry.</summary>
    public static string Name(ExchangeOutcome outcome) =>
        outcome switch
        {
            ExchangeOutcome.Issued => "issued",
            ExchangeOutcome.Denied => "denied",
            _ => "full",
        };
}

/// <summary>The outcome of an exchange.</summary>
internal enum ExchangeOutcome
{
    /// <summary>A key was issued.</summary>
    Issued,

    /// <summary>The token gives no key.</summary>
    Denied,

    /// <summary>The rule has as many keys as it may have.</summary>
    Full,
}
