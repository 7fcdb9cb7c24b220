using System.Diagnostics;
using System.Diagnostics.Metrics;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Encryption;

/// <summary>The spans and the metrics of encryption.</summary>
internal sealed class EncryptionTelemetry
{
    private const string KeyTag = "axvault.encryption.key";

    private static readonly EnvelopeFault[] Faults = Enum.GetValues<EnvelopeFault>();

    // Observed, so that each kind is there from the start, as zero: an increase from nothing to one is none to Prometheus.
    private readonly long[] _failures = new long[Faults.Length];
    private long _reencrypted;
    private volatile KeyCensus? _census;

    /// <summary>Makes the instruments.</summary>
    public EncryptionTelemetry(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);

        var meter = meters.Create(VaultSpans.SourceName);
        meter.CreateObservableCounter("axvault.encryption.failures", Count, "{failure}", "Envelopes that did not open.");
        meter.CreateObservableCounter("axvault.encryption.reencrypted", () => Interlocked.Read(ref _reencrypted), "{row}", "Rows that a rotation moved to the key that encrypts.");
        // A gauge, for every server of a fleet counts the same vault: their numbers are not to be added.
        meter.CreateObservableGauge("axvault.encryption.rows", Rows, "{row}", "Encrypted rows by the key that they are under.");
    }

    /// <summary>Begins the span of sealing data.</summary>
    public static Activity? StartEncrypt() => VaultSpans.Start("credential encrypt");

    /// <summary>Begins the span of opening an envelope.</summary>
    public static Activity? StartDecrypt() => VaultSpans.Start("credential decrypt");

    /// <summary>Counts an envelope that did not open, or whose key is missing.</summary>
    public void Failed(Activity? span, EnvelopeFault fault)
    {
        span.Fail(Name(fault));
        Interlocked.Increment(ref _failures[(int)fault]);
    }

    /// <summary>Counts rows that were moved to the key that encrypts.</summary>
    public void Reencrypted(long rows) => Interlocked.Add(ref _reencrypted, rows);

    /// <summary>Shows <paramref name="census"/> until the next one.</summary>
    public void Show(KeyCensus census) => _census = census;

    /// <summary>The name of a fault in telemetry.</summary>
    public static string Name(EnvelopeFault fault) => fault switch
    {
        EnvelopeFault.UnknownFormat => "unknown_format",
        EnvelopeFault.UnknownKey => "unknown_key",
        _ => "not_authentic",
    };

    private IEnumerable<Measurement<long>> Count() =>
        Faults.Select(fault => new Measurement<long>(Interlocked.Read(ref _failures[(int)fault]), new KeyValuePair<string, object?>(TelemetryTag.ErrorType, Name(fault))));

    private IEnumerable<Measurement<long>> Rows() => _census is not { } census ? [] :
        KeyCensus.States.Select(state => new Measurement<long>(census.ByState.GetValueOrDefault(state), new KeyValuePair<string, object?>(KeyTag, state)));
}
