using Axvault.Api.Encryption;

namespace Axvault.Api.Rotation;

/// <summary>Counts the rows under each KEK, for the metrics.</summary>
internal sealed class KekCensusTaker(RotationStore store, Vault vault, EncryptionTelemetry telemetry)
{
    /// <summary>Counts, and shows the numbers until the next census.</summary>
    public async Task TakeAsync(CancellationToken cancellationToken) =>
        telemetry.Show(KekCensus.Of(vault.Keys, (await store.CountAsync(cancellationToken)).Select(static count => (count.Kek, count.Rows))));
}
