using Axvault.Api.Stored;

namespace Axvault.Api.Refresh;

/// <summary>Counts the credentials of the vault, for the metrics.</summary>
internal sealed class CredentialCensusTaker(
    ExpiryStore expiries,
    CredentialStore credentials,
    RefreshTelemetry refreshTelemetry,
    CredentialTelemetry credentialTelemetry
)
{
    /// <summary>Counts, and shows the numbers until the next census.</summary>
    public async Task TakeAsync(CancellationToken cancellationToken)
    {
        refreshTelemetry.Show(await expiries.CountAsync(cancellationToken));
        credentialTelemetry.Show(await credentials.CountAsync(cancellationToken));
    }
}
