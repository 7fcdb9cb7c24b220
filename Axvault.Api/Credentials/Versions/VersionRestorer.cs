using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
using Axvault.Api.Http;
using Axvault.Api.Refresh;
using Axvault.Api.Stored;
using Npgsql;

namespace Axvault.Api.Credentials.Versions;

/// <summary>Makes kept versions current again. A version that does not open, or whose refresh token is spent, is not restored.</summary>
internal sealed class VersionRestorer(RestoreStore store, Vault vault, RefreshTokenMarks marks, VersionOptions options)
{
    /// <summary>Makes a kept version current again.</summary>
    /// <param name="name">The credential.</param>
    /// <param name="id">The version.</param>
    /// <param name="conditions">The conditions on the current version.</param>
    /// <param name="isForced">
    /// <see langword="true"/> to restore also a refresh token that is spent, or held by another credential; otherwise <see langword="false"/>.
    /// </param>
    /// <param name="trail">The audit entry.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    /// <exception cref="EnvelopeException">The version does not open.</exception>
    /// <exception cref="RefreshTokenTakenException">The refresh token is spent, or held by another credential.</exception>
    public async Task<ChangeResult> RestoreAsync(
        CredentialName name,
        Guid id,
        Preconditions conditions,
        bool isForced,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        ChangeResult result;
        do
        {
            // Once more, if a put has created a credential of the name meanwhile.
            result = await RestoreAsync(name, id, current => conditions.AllowsChange(current?.ToString()), isForced, trail, cancellationToken);
        } while (result.State == ChangeState.Exists);

        return result;
    }

    /// <summary>Restores a deleted credential as it was last.</summary>
    /// <param name="name">The credential.</param>
    /// <param name="isForced">As for <see cref="RestoreAsync(CredentialName, Guid, Preconditions, bool, AuditTrail, CancellationToken)"/>.</param>
    /// <param name="trail">The audit entry.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    /// <exception cref="EnvelopeException">The newest version does not open.</exception>
    /// <exception cref="RefreshTokenTakenException">The refresh token is spent, or held by another credential.</exception>
    public Task<ChangeResult> UndeleteAsync(CredentialName name, bool isForced, AuditTrail trail, CancellationToken cancellationToken) =>
        RestoreAsync(name, null, static _ => true, isForced, trail, cancellationToken);

    private async Task<ChangeResult> RestoreAsync(
        CredentialName name,
        Guid? id,
        Func<CredentialTag?, bool> allows,
        bool isForced,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await store.RestoreAsync(name, id, allows, kept => Open(name, kept), isForced, options.Keep, trail.ForChange(), cancellationToken);
        }
        catch (PostgresException exception) when (PutStore.IsTokenTaken(exception, out var holder))
        {
            throw new RefreshTokenTakenException(holder);
        }
    }

    private RefreshTokenMark? Open(CredentialName name, KeptVersion kept)
    {
        var context = new EnvelopeContext(kept.Id, name) { Subject = kept.Subject };
        var data = CredentialData.FromStored(vault.Decrypt(context, kept.Envelope));
        return marks.Find(CredentialType.FromStored(kept.Subject.Type), kept.Subject.Provider, data);
    }
}
