using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh.Shapes;
using Axvault.Api.Stored;

namespace Axvault.Api.Refresh;

/// <summary>Refreshes the expiring credentials that no client reads.</summary>
internal sealed partial class ExpirySweep(
    ExpiryStore store,
    CredentialOpener credentials,
    Refresher refresher,
    RefreshOptions options,
    ILogger<ExpirySweep> logger
)
{
    // Bounds the requests that a sweep sends to providers at once, beside those of client reads.
    private const int Concurrency = 4;

    private const int BatchSize = 500;

    /// <summary><see langword="true"/> when this server refreshes at all; otherwise <see langword="false"/>.</summary>
    public bool IsEnabled => refresher.IsEnabled;

    /// <summary>Sweeps once through the vault.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        foreach (var name in await store.FindUnreadAsync(BatchSize, stoppingToken))
        {
            await NoteExpiryAsync(name, stoppingToken);
        }

        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = stoppingToken };
        for (CredentialName? after = null; ;)
        {
            var expiring = await store.FindExpiringAsync(options.Rules, after, BatchSize, stoppingToken);
            await Parallel.ForEachAsync(expiring, parallel, async (name, cancellationToken) => await RefreshAsync(name, cancellationToken));
            if (expiring.Count < BatchSize)
            {
                return;
            }

            after = expiring[^1];
        }
    }

    // The credential was put by a server that did not note the expiry.
    private async Task NoteExpiryAsync(CredentialName name, CancellationToken stoppingToken)
    {
        if (await LoadAsync(name, stoppingToken) is { } credential)
        {
            var metadata = credential.Stored.Metadata;
            await store.NoteExpiryAsync(credential.Stored, TokenExpiry.Of(metadata.Attributes, credential.Data, metadata.UpdatedAt), stoppingToken);
        }
    }

    private async Task RefreshAsync(CredentialName name, CancellationToken stoppingToken)
    {
        if (await LoadAsync(name, stoppingToken) is { } credential && IsTurn(credential))
        {
            await refresher.RefreshIfDueAsync(credential, stoppingToken);
        }
    }

    // A reader refreshes a credential as soon as it is due. The sweep takes the rest at a moment in the first half of the remaining time. The moment is the
    // same on every server, and differs between credentials, so credentials that were put together are not refreshed together.
    private bool IsTurn(OpenedCredential credential)
    {
        var stored = credential.Stored;
        if ((stored.Metadata.Attributes.ExpiresAt ?? stored.NotedExpiry) is not { } expiresAt)
        {
            return false;
        }

        var window = options.Rules.Threshold;
        if (stored.Refresh.Lifetime * options.Rules.LifetimeFraction is { } part && part < window)
        {
            window = part;
        }

        var chance = (BitConverter.ToUInt32(stored.VersionId.ToByteArray(), 12) ^ (uint)(stored.Revision * 2_654_435_761)) / (double)uint.MaxValue;
        return expiresAt - stored.ReadAt <= window * (1 - (0.5 * chance));
    }

    private async Task<OpenedCredential?> LoadAsync(CredentialName name, CancellationToken stoppingToken)
    {
        try
        {
            return await credentials.LoadAsync(name, stoppingToken);
        }
        catch (EnvelopeException exception)
        {
            // Readers see this error too. The sweep goes on with the other credentials.
            Log.DoesNotOpen(logger, name.Value, exception.Message);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The sweep cannot open {Credential}: {Reason}")]
        public static partial void DoesNotOpen(ILogger logger, string credential, string reason);
    }
}
