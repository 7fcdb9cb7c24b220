using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Database;
using Axvault.Api.Encryption;
using Axvault.Api.ReadCache;
using Axvault.Api.Refresh;
using Axvault.Api.Stored;

namespace Axvault.Api.Credentials;

/// <summary>Reads a credential: finds its row in the read cache or the database, opens its envelope, and refreshes its tokens when they are due.</summary>
internal sealed class CredentialReader(CredentialOpener credentials, RowCache cache, Refresher refresher, DatabaseClock clock)
{
    /// <summary>Returns a credential, refreshed if it was due, or <see langword="null"/> when there is none.</summary>
    /// <param name="name">The credential's name.</param>
    /// <param name="confirmations">Receives a row that came from the read cache; <see langword="null"/> when none may.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="EnvelopeException">The stored envelope does not open.</exception>
    public async Task<RefreshResult?> ReadAsync(CredentialName name, Confirmations? confirmations, CancellationToken cancellationToken)
    {
        // A credential that is due is loaded: the stored state decides about a refresh.
        if (
            confirmations is not null
            && cache.TryFindCredential(name.Value, out var stored)
            && credentials.Open(stored with { ReadAt = clock.Now }) is var cached
            && !refresher.IsDue(cached)
        )
        {
            confirmations.Credential = stored.Mark;
            return RefreshResult.NotDue(refresher.Explain(cached));
        }

        var found = await credentials.FindAsync(name, cancellationToken);
        if (found is null)
        {
            cache.Forget(name.Value);
            return null;
        }

        // An envelope that does not open is not cached. One that is too long removes the cached row, which would be stale at every further read.
        var opened = credentials.Open(cache.Admits(found.Envelope) ? credentials.Prepare(found) : found);
        cache.SetCredential(name.Value, opened.Stored);
        return await refresher.RefreshIfDueAsync(opened, cancellationToken);
    }
}
