using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Confirmation;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh;

namespace Axvault.Api.Credentials;

/// <summary>The story of a GET: load the row, or remember it; open its envelope; refresh the tokens when they are due.</summary>
internal sealed class CredentialReader(CredentialOpener credentials, RowMemory memory, Refresher refresher, AuditClock clock)
{
    /// <summary>Reads a credential, as it was or as it was refreshed; <see langword="null"/> when there is none.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="confirmations">Takes note of a row that came from memory; <see langword="null"/> when none may.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="EnvelopeException">What is stored does not open.</exception>
    public async Task<RefreshResult?> ReadAsync(CredentialName name, Confirmations? confirmations, CancellationToken cancellationToken)
    {
        // What is due is loaded: a refresh is decided by what is stored.
        if (confirmations is not null && memory.TryFindCredential(name.Value, out var stored) && credentials.Open(stored with { ReadAt = clock.Now }) is var remembered && !refresher.IsDue(remembered))
        {
            confirmations.Credential = stored.Mark;
            return RefreshResult.NotDue(remembered);
        }

        var found = await credentials.FindAsync(name, cancellationToken);
        if (found is null)
        {
            memory.Forget(name.Value);
            return null;
        }

        // What does not open is not remembered.
        var isAdmitted = memory.Admits(name.Value);
        var opened = credentials.Open(isAdmitted ? credentials.Prepare(found) : found);
        if (isAdmitted)
        {
            memory.SetCredential(name.Value, opened.Stored);
        }

        return await refresher.RefreshIfDueAsync(opened, cancellationToken);
    }
}
