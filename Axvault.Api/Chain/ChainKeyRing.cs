using System.Security.Cryptography;
using Axvault.Api.Encryption;
using Npgsql;

namespace Axvault.Api.Chain;

/// <summary>The keys of the ledger in memory: one for each configured KEK, and the stored ones of retired KEKs. Thread-safe.</summary>
internal sealed class ChainKeyRing(Vault vault, ChainKeyStore store)
{
    private volatile ChainKeys? _keys;

    /// <summary>The keys. A key rotation can change the present one at any time: read this property once to use two facts of it together.</summary>
    /// <exception cref="InvalidOperationException">The keys have not been read.</exception>
    public ChainKeys Keys
    {
        get
        {
            var keys = _keys ?? throw new InvalidOperationException("The vault is not open.");
            var current = vault.Keys.Current.Id;
            if (keys.CurrentId == current)
            {
                return keys;
            }

            // Keep the newer set when the keys were read again meanwhile.
            var moved = keys with { CurrentId = current };
            Interlocked.CompareExchange(ref _keys, moved, keys);
            return moved;
        }
    }

    /// <summary>The MAC before the first checkpoint of this vault.</summary>
    public byte[] Genesis => LedgerMac.Genesis(vault.Id);

    /// <summary>Makes a note of <paramref name="entry"/>.</summary>
    public AuditNote Note(AuditEntry entry)
    {
        var (id, keys) = (Guid.CreateVersion7(), Keys);
        return new AuditNote(id, entry, keys.CurrentId, LedgerSeal.OfNote(id, entry.ToJson(), keys.Current));
    }

    /// <summary>
    /// Returns <see langword="true"/> when a server of this vault made <paramref name="note"/>, with a key that counts; otherwise <see langword="false"/>.
    /// </summary>
    public bool IsAuthentic(AuditNote note)
    {
        return Keys.TryFindUnretired(note.Kek, out var key)
            && CryptographicOperations.FixedTimeEquals(LedgerSeal.OfNote(note.Id, note.Entry.ToJson(), key), note.Seal);
    }

    /// <summary>
    /// Returns <see langword="true"/> when a rotation that this server missed has retired <paramref name="kek"/>; otherwise <see langword="false"/>.
    /// </summary>
    public Task<bool> IsRetiredAsync(NpgsqlTransaction transaction, KekId kek, CancellationToken cancellationToken)
    {
        // A rotation back chooses a retired key again: it is configured, and so is the KEK that retired it.
        var ring = vault.Keys;
        return ChainKeyStore.IsRetiredAsync(transaction, kek, kek == ring.Configured.Id ? ring.Ids : [], cancellationToken);
    }

    /// <summary>Reads the keys. The vault must be open.</summary>
    /// <exception cref="VaultKeyException">A stored key does not open.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var ring = vault.Keys;
        var keys = ring.All.ToDictionary(static key => key.Id, static key => key.ChainKey);
        var retiredAt = new Dictionary<KekId, long>();
        foreach (var stored in await store.ReadAsync(cancellationToken))
        {
            if (ring.TryFind(stored.WrappedBy, out var wrapper))
            {
                keys.TryAdd(stored.Kek, Open(wrapper, stored));
                retiredAt[stored.Kek] = stored.RetiredAt;
            }
        }

        _keys = new ChainKeys(ring.Current.Id, keys, retiredAt);
    }

    /// <summary>
    /// Stores in <paramref name="transaction"/> the chain keys of all other KEKs, wrapped by <paramref name="current"/>. The history stays verifiable without
    /// those KEKs. A key that was not retired before counts only up to the checkpoint <paramref name="number"/>.
    /// </summary>
    /// <remarks>A key is stored only when it is retired, so no database of any age has a row that says that a retired key counts.</remarks>
    public async Task RetireAsync(NpgsqlTransaction transaction, KeyEncryptionKey current, long number, CancellationToken cancellationToken)
    {
        var keys = Keys;
        foreach (var (kek, key) in keys.Keys.Where(key => key.Key != current.Id))
        {
            var wrapped = new byte[KeyEncryptionKey.WrappedSize];
            current.Wrap(key, wrapped);
            var retiredAt = keys.RetiredAt.GetValueOrDefault(kek, number);
            var seal = LedgerSeal.OfRetirement(kek, retiredAt, current.ChainKey);
            await ChainKeyStore.WriteAsync(transaction, new StoredChainKey(kek, current.Id, wrapped, retiredAt, seal), cancellationToken);
        }

        await ChainKeyStore.RemoveSupersededAsync(transaction, current.Id, cancellationToken);
    }

    private static byte[] Open(KeyEncryptionKey wrapper, StoredChainKey stored)
    {
        var key = new byte[KeyEncryptionKey.Size];
        try
        {
            wrapper.Unwrap(stored.Wrapped, key);
        }
        catch (CryptographicException exception)
        {
            throw new VaultKeyException($"{Damaged} A key does not open.", exception);
        }

        return CryptographicOperations.FixedTimeEquals(LedgerSeal.OfRetirement(stored.Kek, stored.RetiredAt, wrapper.ChainKey), stored.Seal)
            ? key
            : throw new VaultKeyException($"{Damaged} The seal of the key {stored.Kek} is wrong.");
    }

    private const string Damaged = "The table axvault.chain_key was changed by hand, or is damaged.";
}
