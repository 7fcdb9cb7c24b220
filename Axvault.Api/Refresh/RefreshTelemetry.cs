using System.Diagnostics;
using System.Diagnostics.Metrics;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Stored;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Refresh;

/// <summary>The spans and metrics of refresh. Tags hold names and codes, never a token.</summary>
internal sealed class RefreshTelemetry
{
    /// <summary>The status of credentials that were never refreshed.</summary>
    public const string NoStatus = "none";

    private const string OutcomeTag = "axvault.refresh.outcome";
    private const string FailureTag = "axvault.refresh.failure";
    private const string StatusTag = "axvault.refresh.status";
    private const string ClaimedTag = "axvault.refresh.claimed";
    private const string StoredTag = "axvault.refresh.stored";

    // Bounds for a provider across the internet, in seconds.
    private static readonly InstrumentAdvice<double> DurationBuckets = new() { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] };

    // Bounds for a flush to a disk, in seconds.
    private static readonly InstrumentAdvice<double> ExposureBuckets = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1],
    };

    private readonly TimeProvider _time;
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _outcomes;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _exposure;
    private volatile RefreshCensus? _census;

    /// <summary>Creates the instruments.</summary>
    public RefreshTelemetry(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        var meter = meters.Create(ServerSpans.SourceName);
        _attempts = meter.CreateCounter<long>("axvault.refresh.attempts", "{attempt}", "Uses of a refresh token.");
        _outcomes = meter.CreateCounter<long>("axvault.refresh.outcomes", "{refresh}", "Refreshes by what came of them.");
        _duration = meter.CreateHistogram<double>("axvault.refresh.duration", "s", "How long a provider took to answer.", tags: null, DurationBuckets);
        _exposure = meter.CreateHistogram<double>(
            "axvault.refresh.exposure",
            "s",
            "Time that new tokens were only in memory, before they were on a disk.",
            tags: null,
            ExposureBuckets
        );
        meter.CreateObservableGauge("axvault.refresh.credentials", Count, "{credential}", "Refreshable credentials by their refresh status.");
        meter.CreateObservableGauge(
            "axvault.refresh.next_expiry",
            NextExpiry,
            "s",
            "Time until the next access token that can be refreshed expires; negative when one has expired."
        );
    }

    /// <summary>Starts the span of one refresh.</summary>
    public static Activity? StartRefresh(RefreshSubject subject, ActivityContext parent)
    {
        var span = ServerSpans.Start("refresh", parent);
        span?.SetTag(TelemetryTag.CredentialName, subject.Credential.Stored.Metadata.Name.Value);
        span?.SetTag(TelemetryTag.Provider, subject.Provider?.Name);
        return span;
    }

    /// <summary>Starts the span of a sweep.</summary>
    public static Activity? StartSweep() => ServerSpans.Start("refresh sweep");

    /// <summary>Starts the span of waiting for another server's refresh.</summary>
    public static Activity? StartWait() => ServerSpans.Start("refresh wait");

    /// <summary>Starts the span of claiming a credential.</summary>
    public static Activity? StartClaim() => ServerSpans.Start("refresh claim");

    /// <summary>Tags <paramref name="span"/> with whether the claim was won.</summary>
    public static void Claimed(Activity? span, bool won) => span?.SetTag(ClaimedTag, won);

    /// <summary>Starts the span of storing new tokens, by way of the spool.</summary>
    public static Activity? StartStore() => ServerSpans.Start("refresh store");

    /// <summary>Tags <paramref name="span"/> with whether the new tokens were stored. They are not when newer ones are stored already.</summary>
    public static void Delivered(Activity? span, bool stored) => span?.SetTag(StoredTag, stored);

    /// <summary>Tags <paramref name="span"/> with the outcome.</summary>
    public static void Tell(Activity? span, RefreshResult result)
    {
        span?.SetTag(OutcomeTag, Name(result.Outcome));
        if (result is { Error: { } error, Failure: { } failure })
        {
            span?.SetTag(FailureTag, Name(failure));
            span.Fail(error);
        }
    }

    /// <summary>Counts, times and traces one use of a refresh token. Returns its result, and the time that the provider took.</summary>
    public async Task<(GrantResult Grant, TimeSpan Took)> MeasureAsync(OAuthProvider provider, Func<Task<GrantResult>> use)
    {
        using var span = ServerSpans.Start("refresh grant");
        span?.SetTag(TelemetryTag.Provider, provider.Name);
        var tags = new TagList { { TelemetryTag.Provider, provider.Name } };
        _attempts.Add(1, tags);
        var start = _time.GetTimestamp();
        var result = await use();
        if (!result.IsGranted)
        {
            tags.Add(TelemetryTag.ErrorType, result.Error);
            span.Fail(result.Error);
        }

        var took = _time.GetElapsedTime(start);
        _duration.Record(took.TotalSeconds, tags);
        return (result, took);
    }

    /// <summary>Counts a success.</summary>
    public void Refreshed(OAuthProvider provider)
    {
        _outcomes.Add(1, new TagList { { TelemetryTag.Provider, provider.Name }, { OutcomeTag, Name(RefreshOutcome.Refreshed) } });
    }

    /// <summary>Counts a failure.</summary>
    public void Failed(OAuthProvider provider, FailureClass failure, string error)
    {
        _outcomes.Add(
            1,
            new TagList
            {
                { TelemetryTag.Provider, provider.Name },
                { OutcomeTag, Name(RefreshOutcome.Failed) },
                { FailureTag, Name(failure) },
                { TelemetryTag.ErrorType, error },
            }
        );
    }

    /// <summary>Records the time in which the death of the process would have lost new tokens.</summary>
    public void Exposed(TimeSpan duration) => _exposure.Record(duration.TotalSeconds);

    /// <summary>Shows <paramref name="census"/> until the next one.</summary>
    public void Show(RefreshCensus census) => _census = census;

    /// <summary>Returns the name of an outcome, in telemetry and in the API.</summary>
    public static string Name(RefreshOutcome outcome) =>
        outcome switch
        {
            RefreshOutcome.NotDue => "not_due",
            RefreshOutcome.Refreshed => "refreshed",
            _ => "failed",
        };

    /// <summary>Returns the name of a failure class, in telemetry and in the API.</summary>
    public static string Name(FailureClass failure) =>
        failure switch
        {
            FailureClass.Permanent => "permanent",
            FailureClass.Misconfigured => "misconfigured",
            FailureClass.Transient => "transient",
            _ => "unknown",
        };

    // Zeros are reported too: a series that vanishes looks like a server that stopped.
    private IEnumerable<Measurement<long>> Count() =>
        _census is not { } census
            ? []
            : RefreshStatus
                .All.Select(static status => status.Value)
                .Append(NoStatus)
                .Select(status => new Measurement<long>(census.ByStatus.GetValueOrDefault(status), new KeyValuePair<string, object?>(StatusTag, status)));

    private IEnumerable<Measurement<double>> NextExpiry() => _census?.NextExpiry is { } left ? [new Measurement<double>(left.TotalSeconds)] : [];
}
