using System.Runtime.ExceptionServices;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Encryption;
using Axvault.Api.Http;
using Axvault.Api.Refresh;
using Axvault.Api.Refresh.Shapes;
using Axvault.Api.Stored;
using Npgsql;

namespace Axvault.Api.Credentials;

/// <summary>Puts a credential: seals the data for a new version, and stores it in the transaction of its audit entry.</summary>
internal sealed class CredentialWriter(
    Ledger ledger,
    ChangeGroups groups,
    NpgsqlDataSource database,
    Vault vault,
    RefreshTokenMarks marks,
    VersionOptions versions,
    TimeProvider time
)
{
    /// <summary>Puts a credential, new or in place of the one that has the name, together with the entry of <paramref name="trail"/>.</summary>
    /// <param name="name">The name.</param>
    /// <param name="attributes">The attributes.</param>
    /// <param name="data">The data.</param>
    /// <param name="conditions">The conditions on the version to replace.</param>
    /// <param name="isForced">
    /// <see langword="true"/> to store also a refresh token that is spent, or held by another credential; otherwise <see langword="false"/>.
    /// </param>
    /// <param name="trail">The audit entry.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    /// <returns>The version; <see langword="null"/> when the conditions do not allow it and nothing was put.</returns>
    /// <exception cref="EnvelopeException">The stored credential is under a KEK that this server lacks. It is not overwritten.</exception>
    /// <exception cref="RefreshTokenTakenException">The refresh token is spent, or held by another credential.</exception>
    /// <exception cref="AuditUnavailableException">Nothing can be recorded, or the outcome of the put is unknown.</exception>
    /// <exception cref="StaleReadException">The caller's key has changed. Nothing was put.</exception>
    public async Task<PutVersion?> PutAsync(
        CredentialName name,
        CredentialAttributes attributes,
        CredentialData data,
        Preconditions conditions,
        bool isForced,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        var put = Seal(name, attributes, data, isForced);
        PutVersion? made = null;
        var step = new ChangeStep(
            () => PutStore.Make(put, vault.Keys.Ids, versions.Keep),
            async reader => made = await PutStore.ReadAsync(reader, put),
            trail.Confirmations
        );
        try
        {
            if (conditions.IsEmpty)
            {
                await groups.MakeAsync(Entry(put, trail), step);
            }
            else if (!await ledger.ChangeAsync(change => TryCommitAsync(change, put, conditions, trail, step, cancellationToken), cancellationToken))
            {
                return null;
            }
        }
        catch (PostgresException exception) when (PutStore.IsUnderUnknownKek(exception, out var kek))
        {
            vault.Require(kek);
            throw;
        }
        catch (PostgresException exception) when (PutStore.IsTokenTaken(exception, out var holder))
        {
            throw new RefreshTokenTakenException(holder);
        }

        return made
            ?? await PutStore.FindAsync(database, put, cancellationToken)
            ?? throw new AuditUnavailableException("The outcome of the change is unknown.");
    }

    private static async Task<bool> TryCommitAsync(
        Change change,
        CredentialPut put,
        Preconditions conditions,
        AuditTrail trail,
        ChangeStep step,
        CancellationToken cancellationToken
    )
    {
        // A name that was never put cannot be locked. The insert of its pointer is a lock, and rolled back when the conditions do not allow the put.
        await PutStore.ReserveAsync(change.Transaction, put.Name, cancellationToken);
        var current = await PutStore.LockAsync(change.Transaction, put.Name, cancellationToken);
        if (!conditions.AllowsChange(current?.ToString()))
        {
            return false;
        }

        try
        {
            await change.CommitAsync([Entry(put, trail)], [step]);
            return true;
        }
        catch (StepRefusedException exception)
        {
            ExceptionDispatchInfo.Throw(exception.Refusal);
            throw;
        }
    }

    private static AuditEntry Entry(CredentialPut put, AuditTrail trail) => trail.ForChange().Stating(put.VersionId, CredentialPut.Revision);

    private CredentialPut Seal(CredentialName name, CredentialAttributes attributes, CredentialData data, bool isForced)
    {
        var versionId = Guid.CreateVersion7();
        return new CredentialPut(
            versionId,
            name,
            attributes,
            vault.Encrypt(new EnvelopeContext(versionId, name) { Subject = attributes.SubjectAt(CredentialPut.Revision) }, data.Reveal()),
            TokenExpiry.Of(attributes, data, time.GetUtcNow()),
            marks.Find(attributes.Type, attributes.Provider, data),
            isForced
        );
    }
}
