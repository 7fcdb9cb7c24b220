using System.Diagnostics;
using System.Diagnostics.Metrics;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Refresh.Providers;

namespace Axvault.Api.Refresh;

/// <summary>The spans and metrics of refresh. Tags hold names and codes, never a token.</summary>
internal sealed class RefreshTelemetry
{
    /// <summary>The name of the meter and of the source of spans.</summary>
    public const string SourceName = "Axvault";

    private const string ProviderTag = "axvault.provider";
    private const string CredentialTag = "axvault.credential.name";
    private const string OutcomeTag = "axvault.refresh.outcome";
    private const string StatusTag = "axvault.refresh.status";

    // https://opentelemetry.io/docs/specs/semconv/attributes-registry/error/
    private const string ErrorTag = "error.type";

    private static readonly ActivitySource Source = new(SourceName);

    private readonly TimeProvider _time;
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _outcomes;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _exposure;
    private volatile RefreshCensus? _census;

    /// <summary>Makes the instruments.</summary>
    public RefreshTelemetry(IMeterFactory meters, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(meters);

        _time = time;
        var meter = meters.Create(SourceName);
        _attempts = meter.CreateCounter<long>("axvault.refresh.attempts", "{attempt}", "Uses of a refresh token.");
        _outcomes = meter.CreateCounter<long>("axvault.refresh.outcomes", "{refresh}", "Refreshes by what came of them.");
        _duration = meter.CreateHistogram<double>("axvault.refresh.duration", "s", "How long a provider took to answer.");
        _exposure = meter.CreateHistogram<double>("axvault.refresh.exposure", "s", "How long new tokens were in memory alone, before they were on a disk.");
        meter.CreateObservableGauge("axvault.refresh.credentials", Count, "{credential}", "Refreshable credentials by their refresh status.");
        meter.CreateObservableGauge("axvault.refresh.next_expiry", NextExpiry, "s", "How long until the next access token expires; negative when one has expired.");
    }

    /// <summary>Begins the span of one refresh.</summary>
    public static Activity? StartRefresh(RefreshSubject subject, ActivityContext parent)
    {
        ArgumentNullException.ThrowIfNull(subject);

        var span = Source.StartActivity("refresh", ActivityKind.Internal, parent);
        span?.SetTag(CredentialTag, subject.Credential.Stored.Metadata.Name.Value);
        span?.SetTag(ProviderTag, subject.Provider?.Name);
        return span;
    }

    /// <summary>Begins the span of waiting for another server's refresh.</summary>
    public static Activity? StartWait() => Source.StartActivity("refresh.wait");

    /// <summary>Says on <paramref name="span"/> what came of it.</summary>
    public static void Tell(Activity? span, RefreshResult result)
    {
        ArgumentNullException.ThrowIfNull(result);

        span?.SetTag(OutcomeTag, Name(result.Outcome));
        if (result.Error is { } error)
        {
            span?.SetTag(ErrorTag, error);
            span?.SetStatus(ActivityStatusCode.Error);
        }
    }

    /// <summary>Counts and times one use of a refresh token.</summary>
    public async Task<GrantResult> MeasureAsync(OAuthProvider provider, Func<Task<GrantResult>> use)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(use);

        var tags = new TagList { { ProviderTag, provider.Name } };
        _attempts.Add(1, tags);
        var start = _time.GetTimestamp();
        var result = await use();
        if (!result.IsGranted)
        {
            tags.Add(ErrorTag, result.Error);
        }

        _duration.Record(_time.GetElapsedTime(start).TotalSeconds, tags);
        return result;
    }

    /// <summary>Counts a success.</summary>
    public void Refreshed(OAuthProvider provider)
    {
        ArgumentNullException.ThrowIfNull(provider);

        _outcomes.Add(1, new TagList { { ProviderTag, provider.Name }, { OutcomeTag, "refreshed" } });
    }

    /// <summary>Counts a failure.</summary>
    public void Failed(OAuthProvider provider, FailureClass failure, string error)
    {
        ArgumentNullException.ThrowIfNull(provider);

        _outcomes.Add(1, new TagList { { ProviderTag, provider.Name }, { OutcomeTag, Name(failure) }, { ErrorTag, error } });
    }

    /// <summary>Times the one window in which a process that dies takes new tokens with it.</summary>
    public void Exposed(TimeSpan duration) => _exposure.Record(duration.TotalSeconds);

    /// <summary>Shows <paramref name="census"/> until the next one.</summary>
    public void Show(RefreshCensus census) => _census = census;

    /// <summary>The name of an outcome, in telemetry and in the API.</summary>
    public static string Name(RefreshOutcome outcome) => outcome switch
    {
        RefreshOutcome.NotDue => "not_due",
        RefreshOutcome.Refreshed => "refreshed",
        _ => "failed",
    };

    /// <summary>The name of a class of failure, in telemetry and in the API.</summary>
    public static string Name(FailureClass failure) => failure switch
    {
        FailureClass.Permanent => "permanent",
        FailureClass.Transient => "transient",
        _ => "unknown",
    };

    private IEnumerable<Measurement<long>> Count() =>
        _census?.ByStatus.Select(static status => new Measurement<long>(status.Value, new KeyValuePair<string, object?>(StatusTag, status.Key))) ?? [];

    private IEnumerable<Measurement<double>> NextExpiry() => _census?.NextExpiry is { } left ? [new Measurement<double>(left.TotalSeconds)] : [];
}
