using System.Security.Cryptography;
using Axvault.Api.Audit.Chain;
using Axvault.Api.Encryption;

namespace Axvault.Api.Audit;

/// <summary>The keys of the chain of the opened vault, those of encryption keys that are gone included.</summary>
internal sealed class AuditVault(Vault vault, AuditKeyStore store)
{
    private volatile AuditKeys? _keys;

    /// <summary>The keys. The one that writes goes with the encryption key, which may change while the server runs: whoever needs two facts of them asks once.</summary>
    /// <exception cref="InvalidOperationException">They have not been read.</exception>
    public AuditKeys Keys
    {
        get
        {
            var keys = _keys ?? throw new InvalidOperationException("The vault is not open.");
            var current = vault.Keys.Current.Id;
            if (keys.CurrentId == current)
            {
                return keys;
            }

            // Unless they were read anew meanwhile: what is known then is more.
            var moved = keys with { CurrentId = current };
            Interlocked.CompareExchange(ref _keys, moved, keys);
            return moved;
        }
    }

    /// <summary>What the chain of this vault begins with.</summary>
    public byte[] Genesis => AuditChain.Genesis(vault.Id);

    /// <summary>Makes a note of <paramref name="entry"/>.</summary>
    public AuditNote Note(AuditEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);

        var (id, keys) = (Guid.CreateVersion7(), Keys);
        return new AuditNote(id, entry, keys.CurrentId, AuditChain.SealNote(id, entry.ToJson(), keys.Current));
    }

    /// <summary>Whether a server of this vault made <paramref name="note"/>.</summary>
    public bool IsAuthentic(AuditNote note)
    {
        ArgumentNullException.ThrowIfNull(note);

        return Keys.TryFind(note.ChainKey, out var key) && CryptographicOperations.FixedTimeEquals(AuditChain.SealNote(note.Id, note.Entry.ToJson(), key), note.Seal);
    }

    /// <summary>Reads the keys. The vault is open.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var ring = vault.Keys;
        var keys = ring.All.ToDictionary(static key => key.Id, static key => key.AuditKey);
        foreach (var (id, wrappedBy, wrapped) in await store.ReadAsync(cancellationToken))
        {
            if (!keys.ContainsKey(id) && ring.TryFind(wrappedBy, out var wrapper))
            {
                keys.Add(id, Unwrap(wrapper, wrapped));
            }
        }

        _keys = new AuditKeys(ring.Current.Id, keys);
    }

    /// <summary>Keeps, under the configured encryption key, the keys of those that came before: they may be taken away.</summary>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        var current = vault.Keys.Configured;
        foreach (var (id, key) in Keys.Keys.Where(key => key.Key != current.Id))
        {
            var wrapped = new byte[KeyEncryptionKey.WrappedSize];
            current.Wrap(key, wrapped);
            await store.KeepAsync(id, current.Id, wrapped, cancellationToken);
        }
    }

    private static byte[] Unwrap(KeyEncryptionKey wrapper, byte[] wrapped)
    {
        var key = new byte[KeyEncryptionKey.Size];
        try
        {
            wrapper.Unwrap(wrapped, key);
            return key;
        }
        catch (CryptographicException exception)
        {
            throw new VaultKeyException("A key of the audit chain does not open: the table axvault.audit_key was changed by hand, or is damaged.", exception);
        }
    }
}
