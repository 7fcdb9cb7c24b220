using System.Diagnostics.Metrics;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Broker;

/// <summary>The metrics of the broker.</summary>
internal sealed class BrokerTelemetry
{
    private const string ProviderTag = "axvault.broker.upstream";
    private const string CredentialTag = "axvault.credential.name";
    private const string ModelTag = "gen_ai.response.model";
    private const string TokenTypeTag = "gen_ai.token.type";
    private const string StatusTag = "http.response.status_code";
    private const string LimitTag = "axvault.broker.limit";
    private const string StateTag = "axvault.broker.limit.state";

    private readonly UpDownCounter<long> _active;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _tokens;
    private readonly Counter<long> _limits;

    /// <summary>Creates the instruments.</summary>
    public BrokerTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(ServerSpans.SourceName);
        _active = meter.CreateUpDownCounter<long>("axvault.broker.active_calls", "{call}", "Calls through the broker that are under way.");
        _duration = meter.CreateHistogram<double>("axvault.broker.duration", "s", "Duration of calls through the broker.");
        _tokens = meter.CreateCounter<long>("axvault.broker.tokens", "{token}", "Tokens that calls through the broker used, as the answers told.");
        _limits = meter.CreateCounter<long>("axvault.broker.limits", "{event}", "Limits of keys and rules that calls came near to, or reached.");
    }

    /// <summary>Counts a call that begins.</summary>
    public void Began(CallPlan plan) => _active.Add(1, new KeyValuePair<string, object?>(CredentialTag, plan.Name.Value));

    /// <summary>Counts a call that has ended.</summary>
    public void Ended(string credential) => _active.Add(-1, new KeyValuePair<string, object?>(CredentialTag, credential));

    /// <summary>Records the end of a call.</summary>
    public void Record(CallPlan plan, CallEnd end)
    {
        _duration.Record(
            end.Duration.TotalSeconds,
            new(ProviderTag, plan.Upstream.Name),
            new(CredentialTag, plan.Name.Value),
            new(StatusTag, end.Status)
        );
        if (end.Usage is { } usage)
        {
            Count(plan, usage.Model, "input", usage.Input);
            Count(plan, usage.Model, "output", usage.Output);
            Count(plan, usage.Model, "cache_read", usage.CacheRead);
            Count(plan, usage.Model, "cache_write", usage.CacheWrite);
        }
    }

    /// <summary>Counts a limit that a call came near to or reached.</summary>
    public void Limited(string limit, string state) => _limits.Add(1, new(LimitTag, limit), new(StateTag, state));

    private void Count(CallPlan plan, string? model, string type, long count)
    {
        if (count > 0)
        {
            _tokens.Add(
                count,
                new(ProviderTag, plan.Upstream.Name),
                new(CredentialTag, plan.Name.Value),
                new(ModelTag, model ?? "unknown"),
                new(TokenTypeTag, type)
            );
        }
    }
}
