using System.Diagnostics.CodeAnalysis;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Database;
using Npgsql;

namespace Axvault.Api.Keys;

/// <summary>Changes of API keys in PostgreSQL. The transaction of the change also decides the rights of the caller, on locked rows.</summary>
internal sealed class KeyChangeStore(KeyRowStore rows, TimeProvider time)
{
    private const string LastAdministrator =
        "This is the last key that grants * without an expiry or networks: without it no one could administer the vault. "
            + "Make another one first, or add ?force=true.";

    private const string LocksOut =
        "With this change the key of this request would stop working, at once or from this address. To make it nevertheless, add ?force=true.";

    private const string Unreadable =
        "The row of this key in the database is not what a server has written, so the key cannot be used or changed. Delete it, and make another one.";

    private const string Issued =
        "This key was issued to a workload, and has the rights of its rule until it ends. Delete it, or change the rule, which ends all of its keys.";

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

        var key = await rows.InsertAsync(transaction, id, name, scope, secretHash, issuedBy: null, cancellationToken);
        await change.CommitAsync(entry.Stating(key.UpdatedAt));
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

        if (!IsChangeable(locked, id, granter, out var stored, out var current, out refusal))
        {
            return refusal;
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

        var key = await rows.UpdateAsync(
            transaction,
            stored,
            current with
            {
                Name = patch.Name ?? current.Name,
                Scope = scope,
            },
            null,
            cancellationToken
        );
        await change.CommitAsync(entry.Stating(key.UpdatedAt));
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

        if (!IsChangeable(locked, id, granter, out var stored, out var current, out refusal))
        {
            return refusal;
        }

        if (id != caller.KeyId && !GrantRules.MayRotate(granter.Scope, current.Scope))
        {
            return KeyChange.Denied;
        }

        DateTimeOffset? until = overlap == TimeSpan.Zero ? null : time.GetUtcNow() + overlap;
        var secrets = new KeySecrets(current.Secrets.Version + 1, new PreviousSecret(until, null));
        var key = await rows.UpdateAsync(transaction, stored, current with { Secrets = secrets }, secretHash, cancellationToken);
        await change.CommitAsync(entry.Stating(key.UpdatedAt));
        return KeyChange.Done(key);
    }

    /// <summary>Removes a key, if <paramref name="caller"/> may.</summary>
    /// <param name="change">The transaction.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="id">The key.</param>
    /// <param name="force"><see langword="true"/> to allow a vault without an administrator; otherwise <see langword="false"/>.</param>
    /// <param name="entry">The audit entry.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    public Task<KeyChange> DeleteAsync(Change change, Caller caller, KeyId id, bool force, AuditEntry entry, CancellationToken cancellationToken) =>
        RemoveAsync(change, caller, id, static granter => GrantRules.MayAdminister(granter.Scope), force, entry, cancellationToken);

    /// <summary>Removes the key of <paramref name="caller"/> itself.</summary>
    public Task<KeyChange> DeleteOwnAsync(Change change, Caller caller, AuditEntry entry, CancellationToken cancellationToken) =>
        RemoveAsync(change, caller, caller.KeyId, static _ => true, force: false, entry, cancellationToken);

    private async Task<KeyChange> RemoveAsync(
        Change change,
        Caller caller,
        KeyId id,
        Predicate<ApiKey> mayRemove,
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

        if (!mayRemove(granter))
        {
            return KeyChange.Denied;
        }

        if (!locked.TryGetValue(id, out var stored))
        {
            return KeyChange.NotFound;
        }

        // A row that is not believed gives no right, so it is no administrator either.
        if (!force && stored.IsBelieved && Obstacle(locked, caller, stored.Key, null) is { } obstacle)
        {
            return KeyChange.Blocked(obstacle);
        }

        await KeyRowStore.DeleteAsync(transaction, id, cancellationToken);
        await change.CommitAsync(entry);
        return KeyChange.Removed;
    }

    /// <summary>Locks the key of <paramref name="caller"/> in <paramref name="transaction"/>.</summary>
    /// <returns>The key, or the reason why it may change nothing now.</returns>
    public async Task<(ApiKey? Granter, KeyChange? Refusal)> LockGranterAsync(
        NpgsqlTransaction transaction,
        Caller caller,
        CancellationToken cancellationToken
    )
    {
        var locked = await LockAsync(transaction, [caller.KeyId], cancellationToken);
        return IsGranter(locked, caller, out var granter, out var refusal) ? (granter, null) : (null, refusal);
    }

    // The caller's key as it is now: the body may have taken long to arrive. A previous secret may be in more hands, so it changes no key.
    private bool IsGranter(
        Dictionary<KeyId, StoredKey> locked,
        Caller caller,
        [NotNullWhen(true)] out ApiKey? granter,
        [NotNullWhen(false)] out KeyChange? refusal
    )
    {
        granter = locked.GetValueOrDefault(caller.KeyId)?.Key;
        refusal =
            granter is null
            || granter.Judge(caller.SecretVersion, caller.Address, time.GetUtcNow()) != KeyVerdict.Allowed
                ? KeyChange.Denied
            : caller.SecretVersion != granter.Secrets.Version ? KeyChange.Superseded
            : null;
        return refusal is null;
    }

    // Only an administrator learns that there is no such key, or that its row is not believed. A key knows about itself.
    private static bool IsChangeable(
        Dictionary<KeyId, StoredKey> locked,
        KeyId id,
        ApiKey granter,
        [NotNullWhen(true)] out StoredKey? stored,
        [NotNullWhen(true)] out ApiKey? current,
        [NotNullWhen(false)] out KeyChange? refusal
    )
    {
        stored = locked.GetValueOrDefault(id);
        current = stored?.Key;
        refusal =
            current?.IssuedBy is not null && (current.Id == granter.Id || GrantRules.MayRotate(granter.Scope, current.Scope)) ? KeyChange.Blocked(Issued)
            : current is not null ? null
            : !GrantRules.MayAdminister(granter.Scope) ? KeyChange.Denied
            : stored is null ? KeyChange.NotFound
            : KeyChange.Blocked(Unreadable);
        return refusal is null;
    }

    private string? Obstacle(Dictionary<KeyId, StoredKey> locked, Caller caller, ApiKey current, AccessScope? resulting)
    {
        var now = time.GetUtcNow();
        var others = locked.Values.Select(static row => row.Key).OfType<ApiKey>().Where(key => key.Id != current.Id).Select(static key => key.Scope);
        if (!GrantRules.StaysAdministrable(current.Scope, resulting, others, now))
        {
            return LastAdministrator;
        }

        // A key that removes itself does so on purpose.
        return current.Id == caller.KeyId && resulting is not null && (resulting.Limits.HaveExpired(now) || !resulting.Limits.Networks.Covers(caller.Address))
            ? LocksOut
            : null;
    }

    // Locks in the order of the ids, so that two callers that change each other's keys do not deadlock.
    private Task<Dictionary<KeyId, StoredKey>> LockAsync(NpgsqlTransaction transaction, KeyId[] ids, CancellationToken cancellationToken) =>
        LockAsync(transaction, "id = any ($1)", ids, cancellationToken);

    // Locks every key that grants *, too. When two callers remove the last two administrators, the second caller sees the change of the first.
    private Task<Dictionary<KeyId, StoredKey>> LockWithAdministratorsAsync(
        NpgsqlTransaction transaction,
        KeyId[] ids,
        CancellationToken cancellationToken
    ) => LockAsync(transaction, "id = any ($1) or '*' = any (grant_access)", ids, cancellationToken);

    private async Task<Dictionary<KeyId, StoredKey>> LockAsync(
        NpgsqlTransaction transaction,
        string condition,
        KeyId[] ids,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            $"select {KeyRowStore.Columns}, {LockLimit.OfRows} from axvault.api_key where {condition} order by id for update",
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. ids.Select(static id => id.Value)] });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var keys = new Dictionary<KeyId, StoredKey>();
        while (await reader.ReadAsync(cancellationToken))
        {
            if (rows.Read(reader) is { } key)
            {
                keys.Add(key.Id, key);
            }
        }

        return keys;
    }
}
