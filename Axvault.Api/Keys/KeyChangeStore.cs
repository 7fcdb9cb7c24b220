using System.Diagnostics.CodeAnalysis;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Database;
using Npgsql;

namespace Axvault.Api.Keys;

/// <summary>Changes of API keys in PostgreSQL. The transaction of the change also decides the rights of the caller, on locked rows.</summary>
internal sealed class KeyChangeStore(TimeProvider time)
{
    private const string LastAdministrator =
        "This is the last key that grants * without an expiry or networks: without it no one could administer the vault. "
            + "Make another one first, or add ?force=true.";

    private const string LocksOut =
        "With this change the key of this request would stop working, at once or from this address. To make it nevertheless, add ?force=true.";

    /// <summary>Makes a key, if <paramref name="caller"/> may.</summary>
    public async Task<KeyChange> CreateAsync(
        Change change,
        Caller caller,
        KeyId id,
        string name,
        AccessScope scope,
        byte[] secretHash,
        AuditEntry entry,
        CancellationToken cancellationToken
    )
    {
        var transaction = change.Transaction;
        var locked = await LockAsync(transaction, [caller.KeyId], cancellationToken);
        if (!IsGranter(locked, caller, out var granter, out var refusal))
        {
            return refusal;
        }

        if (!GrantRules.MayCreate(granter.Scope, scope))
        {
            return KeyChange.Denied;
        }

        var key = await KeyStore.InsertAsync(transaction, id, name, scope, secretHash, cancellationToken);
        await change.CommitAsync(entry);
        return KeyChange.Done(key);
    }

    /// <summary>Changes the members of a key that <paramref name="patch"/> names, if <paramref name="caller"/> may.</summary>
    /// <param name="change">The transaction.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="id">The key.</param>
    /// <param name="patch">The change.</param>
    /// <param name="force"><see langword="true"/> to let a caller remove the last administrator or lock itself out; otherwise <see langword="false"/>.</param>
    /// <param name="entry">The audit entry.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    public async Task<KeyChange> UpdateAsync(
        Change change,
        Caller caller,
        KeyId id,
        KeyPatch patch,
        bool force,
        AuditEntry entry,
        CancellationToken cancellationToken
    )
    {
        var transaction = change.Transaction;
        var locked = await LockWithAdministratorsAsync(transaction, [caller.KeyId, id], cancellationToken);
        if (!IsGranter(locked, caller, out var granter, out var refusal))
        {
            return refusal;
        }

        if (!locked.TryGetValue(id, out var current))
        {
            return GrantRules.MayAdminister(granter.Scope) ? KeyChange.NotFound : KeyChange.Denied;
        }

        var scope = patch.Apply(current.Scope);
        if (!GrantRules.MayUpdate(granter.Scope, current.Scope, scope))
        {
            return KeyChange.Denied;
        }

        if (!force && Obstacle(locked, caller, current, scope) is { } obstacle)
        {
            return KeyChange.Blocked(obstacle);
        }

        await using var command = new NpgsqlCommand(
            $"""
            update axvault.api_key
            set name = $2, read_access = $3, write_access = $4, grant_access = $5, expires_at = $6, allowed_cidrs = $7::cidr[],
                updated_at = greatest(created_at, date_trunc('milliseconds', clock_timestamp()))
            where id = $1
            returning {KeyStore.Columns}
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id.Value });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = patch.Name ?? current.Name });
        KeyStore.AddScope(command, scope);
        var key = await KeyStore.ReadOneAsync(command, cancellationToken);
        await change.CommitAsync(entry);
        return KeyChange.Done(key);
    }

    /// <summary>Gives a key a new secret, if <paramref name="caller"/> may. The current secret stays valid for <paramref name="overlap"/>.</summary>
    public async Task<KeyChange> RotateAsync(
        Change change,
        Caller caller,
        KeyId id,
        byte[] secretHash,
        TimeSpan overlap,
        AuditEntry entry,
        CancellationToken cancellationToken
    )
    {
        var transaction = change.Transaction;
        var locked = await LockAsync(transaction, [caller.KeyId, id], cancellationToken);
        if (!IsGranter(locked, caller, out var granter, out var refusal))
        {
            return refusal;
        }

        if (!locked.TryGetValue(id, out var current))
        {
            return GrantRules.MayAdminister(granter.Scope) ? KeyChange.NotFound : KeyChange.Denied;
        }

        if (id != caller.KeyId && !GrantRules.MayRotate(granter.Scope, current.Scope))
        {
            return KeyChange.Denied;
        }

        await using var command = new NpgsqlCommand(
            $"""
            update axvault.api_key
            set secret_hash = $2, secret_version = secret_version + 1,
                previous_secret_hash = secret_hash, previous_secret_expires_at = $3, previous_secret_last_used_at = null,
                updated_at = greatest(created_at, date_trunc('milliseconds', clock_timestamp()))
            where id = $1
            returning {KeyStore.Columns}
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id.Value });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = secretHash });
        command.Parameters.Add(KeyStore.Time(overlap == TimeSpan.Zero ? null : time.GetUtcNow() + overlap));
        var key = await KeyStore.ReadOneAsync(command, cancellationToken);
        await change.CommitAsync(entry);
        return KeyChange.Done(key);
    }

    /// <summary>Removes a key, if <paramref name="caller"/> may.</summary>
    /// <param name="change">The transaction.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="id">The key.</param>
    /// <param name="force"><see langword="true"/> to allow a vault without an administrator; otherwise <see langword="false"/>.</param>
    /// <param name="entry">The audit entry.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    public async Task<KeyChange> DeleteAsync(Change change, Caller caller, KeyId id, bool force, AuditEntry entry, CancellationToken cancellationToken)
    {
        var transaction = change.Transaction;
        var locked = await LockWithAdministratorsAsync(transaction, [caller.KeyId, id], cancellationToken);
        if (!IsGranter(locked, caller, out var granter, out var refusal))
        {
            return refusal;
        }

        if (!GrantRules.MayAdminister(granter.Scope))
        {
            return KeyChange.Denied;
        }

        if (!locked.TryGetValue(id, out var key))
        {
            return KeyChange.NotFound;
        }

        if (!force && Obstacle(locked, caller, key, null) is { } obstacle)
        {
            return KeyChange.Blocked(obstacle);
        }

        await using var command = new NpgsqlCommand("delete from axvault.api_key where id = $1", transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id.Value });
        await command.ExecuteNonQueryAsync(cancellationToken);
        await change.CommitAsync(entry);
        return KeyChange.Done(key);
    }

    // The caller's key as it is now, if the request may still use it: the body may have taken long to arrive. A previous secret may be in more hands, so it
    // changes no key, or a thief could take over the key or others by it.
    private bool IsGranter(
        Dictionary<KeyId, ApiKey> locked,
        Caller caller,
        [NotNullWhen(true)] out ApiKey? granter,
        [NotNullWhen(false)] out KeyChange? refusal
    )
    {
        refusal =
            !locked.TryGetValue(caller.KeyId, out granter)
            || granter.Judge(caller.SecretVersion, caller.Address, time.GetUtcNow()) != KeyVerdict.Allowed
                ? KeyChange.Denied
            : caller.SecretVersion != granter.Secrets.Version ? KeyChange.Superseded
            : null;
        return refusal is null;
    }

    private string? Obstacle(Dictionary<KeyId, ApiKey> locked, Caller caller, ApiKey current, AccessScope? resulting)
    {
        var now = time.GetUtcNow();
        if (!GrantRules.StaysAdministrable(current.Scope, resulting, locked.Values.Where(key => key.Id != current.Id).Select(static key => key.Scope), now))
        {
            return LastAdministrator;
        }

        // A key that removes itself does so on purpose.
        return current.Id == caller.KeyId && resulting is not null && (resulting.Limits.HaveExpired(now) || !resulting.Limits.Networks.Covers(caller.Address))
            ? LocksOut
            : null;
    }

    // Locks in the order of the ids, so that two callers that change each other's keys do not deadlock.
    private static Task<Dictionary<KeyId, ApiKey>> LockAsync(NpgsqlTransaction transaction, KeyId[] ids, CancellationToken cancellationToken) =>
        LockAsync(
            transaction,
            $"select {KeyStore.Columns}, {LockLimit.OfRows} from axvault.api_key where id = any ($1) order by id for update",
            ids,
            cancellationToken
        );

    /// <summary>
    /// Locks the keys, and every key that grants <c>*</c>, in the order of the ids. When two callers remove the last two administrators, the second caller sees
    /// the change of the first.
    /// </summary>
    public static Task<Dictionary<KeyId, ApiKey>> LockWithAdministratorsAsync(
        NpgsqlTransaction transaction,
        KeyId[] ids,
        CancellationToken cancellationToken
    ) =>
        LockAsync(
            transaction,
            $"select {KeyStore.Columns}, {LockLimit.OfRows} from axvault.api_key where id = any ($1) or '*' = any (grant_access) order by id for update",
            ids,
            cancellationToken
        );

    private static async Task<Dictionary<KeyId, ApiKey>> LockAsync(NpgsqlTransaction transaction, string sql, KeyId[] ids, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. ids.Select(static id => id.Value)] });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var keys = new Dictionary<KeyId, ApiKey>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var key = KeyStore.Read(reader);
            keys.Add(key.Id, key);
        }

        return keys;
    }
}
