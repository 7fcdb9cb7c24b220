using System.Diagnostics;
using System.Diagnostics.Metrics;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Encryption;

/// <summary>The spans and the metrics of encryption.</summary>
internal sealed class EncryptionTelemetry
{
    private const string KeyTag = "axvault.encryption.key";

    private static readonly EnvelopeFault[] Faults = Enum.GetValues<EnvelopeFault>();

    // Observed, so that each series exists from the start as zero. Prometheus sees no increase in a series that begins at one.
    private readonly long[] _failures = new long[Faults.Length];
    private long _reencrypted;
    private volatile KekCensus? _census;

    /// <summary>Creates the instruments.</summary>
    public EncryptionTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(ServerSpans.SourceName);
        meter.CreateObservableCounter("axvault.encryption.failures", Count, "{failure}", "Envelopes that did not open.");
        meter.CreateObservableCounter(
            "axvault.encryption.reencrypted",
            () => Interlocked.Read(ref _reencrypted),
            "{row}",
            "Rows that a rotation moved to the current encryption key."
        );
        // A gauge: every server counts the same vault, so the numbers must not be added.
        meter.CreateObservableGauge("axvault.encryption.rows", Rows, "{row}", "Encrypted rows by the key that they are under.");
    }

    /// <summary>Starts the span of sealing data.</summary>
    public static Activity? StartEncrypt() => ServerSpans.Start("credential encrypt");

    /// <summary>Starts the span of opening an envelope.</summary>
    public static Activity? StartDecrypt() => ServerSpans.Start("credential decrypt");

    /// <summary>Counts an envelope that did not open, or whose key is missing.</summary>
    public void Failed(Activity? span, EnvelopeFault fault)
    {
        span.Fail(Name(fault));
        Interlocked.Increment(ref _failures[(int)fault]);
    }

    /// <summary>Counts rows that were moved to the current KEK.</summary>
    public void Reencrypted(long rows) => Interlocked.Add(ref _reencrypted, rows);

    /// <summary>Shows <paramref name="census"/> until the next one.</summary>
    public void Show(KekCensus census) => _census = census;

    /// <summary>Returns the name of a fault in telemetry.</summary>
    public static string Name(EnvelopeFault fault) =>
        fault switch
        {
            EnvelopeFault.UnknownFormat => "unknown_format",
            EnvelopeFault.UnknownKek => "unknown_key",
            _ => "not_authentic",
        };

    private IEnumerable<Measurement<long>> Count() =>
        Faults.Select(fault => new Measurement<long>(
            Interlocked.Read(ref _failures[(int)fault]),
            new KeyValuePair<string, object?>(TelemetryTag.ErrorType, Name(fault))
        ));

    private IEnumerable<Measurement<long>> Rows() =>
        _census is not { } census
            ? []
            : KekCensus.States.Select(state => new Measurement<long>(
                census.ByState.GetValueOrDefault(state),
                new KeyValuePair<string, object?>(KeyTag, state)
            ));
}
