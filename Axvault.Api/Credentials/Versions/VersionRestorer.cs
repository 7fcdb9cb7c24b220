using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
using Axvault.Api.Http;
using Axvault.Api.Stored;

namespace Axvault.Api.Credentials.Versions;

/// <summary>Makes kept versions current again. A version under a KEK that this server lacks is not restored.</summary>
internal sealed class VersionRestorer(ChangeStore store, Vault vault, VersionOptions options)
{
    /// <summary>Makes a kept version current again.</summary>
    /// <param name="name">The credential.</param>
    /// <param name="id">The version.</param>
    /// <param name="conditions">The conditions on the current version.</param>
    /// <param name="trail">The audit entry.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    /// <exception cref="EnvelopeException">The version is under a KEK that this server lacks.</exception>
    public async Task<ChangeResult> RestoreAsync(CredentialName name, Guid id, Preconditions conditions, AuditTrail trail, CancellationToken cancellationToken)
    {
        ChangeResult result;
        do
        {
            // Once more, if a put has created a credential of the name meanwhile.
            result = await store.RestoreAsync(
                name,
                id,
                current => conditions.AllowsChange(current?.ToString()),
                vault.Require,
                options.Keep,
                trail.ForChange(),
                cancellationToken
            );
        } while (result.State == ChangeState.Exists);

        return result;
    }

    /// <summary>Restores a deleted credential as it was last.</summary>
    /// <param name="name">The credential.</param>
    /// <param name="trail">The audit entry.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    /// <exception cref="EnvelopeException">The newest version is under a KEK that this server lacks.</exception>
    public Task<ChangeResult> UndeleteAsync(CredentialName name, AuditTrail trail, CancellationToken cancellationToken) =>
        store.RestoreAsync(name, null, static _ => true, vault.Require, options.Keep, trail.ForChange(), cancellationToken);
}
