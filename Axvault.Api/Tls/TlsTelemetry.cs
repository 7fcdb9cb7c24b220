using System.Diagnostics.Metrics;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Tls;

/// <summary>The metric of the certificate.</summary>
internal sealed class TlsTelemetry
{
    private readonly TimeProvider _time;
    private volatile ServerCertificate? _certificate;

    /// <summary>Creates the instrument.</summary>
    public TlsTelemetry(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        meters
            .Create(ServerSpans.SourceName)
            .CreateObservableGauge("axvault.tls.certificate.expiry", Left, "s", "How long until the certificate that is served expires.");
    }

    /// <summary>Shows <paramref name="certificate"/> from now on.</summary>
    public void Show(ServerCertificate certificate) => _certificate = certificate;

    private IEnumerable<Measurement<double>> Left() =>
        _certificate is { } certificate ? [new Measurement<double>((certificate.NotAfter - _time.GetUtcNow()).TotalSeconds)] : [];
}
