using System.Diagnostics;
using System.Diagnostics.Metrics;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Credentials;

/// <summary>The span of loading a credential, and the metric of all of them.</summary>
internal sealed class CredentialTelemetry
{
    private const string TypeTag = "axvault.credential.type";
    private const string ExpiryTag = "axvault.credential.expiry";

    private volatile CredentialCensus? _census;

    /// <summary>Makes the instruments.</summary>
    public CredentialTelemetry(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);

        // A gauge, for every server of a fleet counts the same vault: their numbers are not to be added.
        meters.Create(VaultSpans.SourceName).CreateObservableGauge("axvault.vault.credentials", Count, "{credential}", "Credentials by their type and the time that they have left.");
    }

    /// <summary>Begins the span of loading a credential's row.</summary>
    public static Activity? StartLoad() => VaultSpans.Start("credential load");

    /// <summary>Shows <paramref name="census"/> until the next one.</summary>
    public void Show(CredentialCensus census) => _census = census;

    // Zeros included: a series that vanishes looks like a server that has.
    private IEnumerable<Measurement<long>> Count() => _census is not { } census ? [] :
        from type in CredentialType.All
        from expiry in ExpiryClass.All
        select new Measurement<long>(census.ByTypeAndExpiry.GetValueOrDefault((type.Value, expiry)), new(TypeTag, type.Value), new(ExpiryTag, expiry));
}
