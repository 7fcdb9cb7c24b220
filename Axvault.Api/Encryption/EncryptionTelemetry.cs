using System.Diagnostics;
using System.Diagnostics.Metrics;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Encryption;

/// <summary>The spans and the metric of encryption.</summary>
internal sealed class EncryptionTelemetry
{
    private static readonly EnvelopeFault[] Faults = Enum.GetValues<EnvelopeFault>();

    // Observed, so that each kind is there from the start, as zero: an increase from nothing to one is none to Prometheus.
    private readonly long[] _failures = new long[Faults.Length];

    /// <summary>Makes the instruments.</summary>
    public EncryptionTelemetry(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);

        meters.Create(VaultSpans.SourceName).CreateObservableCounter("axvault.encryption.failures", Count, "{failure}", "Envelopes that did not open.");
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

    /// <summary>The name of a fault in telemetry.</summary>
    public static string Name(EnvelopeFault fault) => fault switch
    {
        EnvelopeFault.UnknownFormat => "unknown_format",
        EnvelopeFault.UnknownKey => "unknown_key",
        _ => "not_authentic",
    };

    private IEnumerable<Measurement<long>> Count() =>
        Faults.Select(fault => new Measurement<long>(Interlocked.Read(ref _failures[(int)fault]), new KeyValuePair<string, object?>(TelemetryTag.ErrorType, Name(fault))));
}
