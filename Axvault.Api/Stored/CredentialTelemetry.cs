using System.Diagnostics;
using System.Diagnostics.Metrics;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Stored;

/// <summary>The span of loading a credential, and the metric of all credentials.</summary>
internal sealed class CredentialTelemetry
{
    private const string TypeTag = "axvault.credential.type";
    private const string ExpiryTag = "axvault.credential.expiry";

    private volatile CredentialCensus? _census;

    /// <summary>Makes the instruments.</summary>
    public CredentialTelemetry(IMeterFactory meters)
    {
        // A gauge: every server counts the same vault, so the numbers must not be added.
        meters
            .Create(ServerSpans.SourceName)
            .CreateObservableGauge("axvault.vault.credentials", Count, "{credential}", "Credentials by type and remaining time.");
    }

    /// <summary>Starts the span of loading a credential's row.</summary>
    public static Activity? StartLoad() => ServerSpans.Start("credential load");

    /// <summary>Shows <paramref name="census"/> until the next one.</summary>
    public void Show(CredentialCensus census) => _census = census;

    // Zeros are reported too: a series that vanishes looks like a server that stopped.
    private IEnumerable<Measurement<long>> Count() =>
        _census is not { } census
            ? []
            : from type in CredentialType.All
              from expiry in ExpiryClass.All
              select new Measurement<long>(census.ByTypeAndExpiry.GetValueOrDefault((type.Value, expiry)), new(TypeTag, type.Value), new(ExpiryTag, expiry));
}
