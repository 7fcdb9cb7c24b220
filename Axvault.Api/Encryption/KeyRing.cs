using System.Diagnostics.CodeAnalysis;
using Axvault.Api.Configuration;

namespace Axvault.Api.Encryption;

/// <summary>The keys of a running server: one that encrypts, and all that decrypt. Immutable and thread-safe.</summary>
internal sealed class KeyRing
{
    private readonly Dictionary<KekId, KeyEncryptionKey> _byId;

    /// <summary>Makes a ring of <paramref name="current"/>, which encrypts, and <paramref name="previous"/>, which only decrypt.</summary>
    public KeyRing(KeyEncryptionKey current, params IEnumerable<KeyEncryptionKey> previous)
    {
        ArgumentNullException.ThrowIfNull(current);

        (Current, Configured) = (current, current);
        _byId = previous.Prepend(current).DistinctBy(static key => key.Id).ToDictionary(static key => key.Id);
        Ids = [.. _byId.Keys.Select(static id => id.ToArray())];
    }

    private KeyRing(KeyRing ring, KeyEncryptionKey current) => (_byId, Ids, Configured, Current) = (ring._byId, ring.Ids, ring.Configured, current);

    /// <summary>The key that encrypts.</summary>
    public KeyEncryptionKey Current { get; }

    /// <summary>The key that is to encrypt: <see cref="Current"/>, unless another server does not have it yet (<see cref="KeyAgreement"/>).</summary>
    public KeyEncryptionKey Configured { get; }

    /// <summary>Every key.</summary>
    public IReadOnlyCollection<KeyEncryptionKey> All => _byId.Values;

    /// <summary>The ids of every key, for the store.</summary>
    public byte[][] Ids { get; }

    /// <summary>Derives the keys of <paramref name="options"/> by <paramref name="derivation"/>, each on a processor of its own where there are several.</summary>
    public static KeyRing Derive(AxvaultOptions options, KeyDerivation derivation)
    {
        ArgumentNullException.ThrowIfNull(options);

        var keys = options.PreviousEncryptionKeys.Prepend(options.EncryptionKey).AsParallel().AsOrdered().Select(secret => derivation.Derive(secret.Reveal())).ToList();
        return new KeyRing(keys[0], keys[1..]);
    }

    /// <summary>The same keys, of which <paramref name="id"/> encrypts.</summary>
    /// <exception cref="ArgumentException">It is none of them.</exception>
    public KeyRing EncryptingWith(KekId id) => TryFind(id, out var key) ? new KeyRing(this, key) : throw new ArgumentException("The key is not in the ring.", nameof(id));

    /// <summary>Finds a key by its id.</summary>
    public bool TryFind(KekId id, [NotNullWhen(true)] out KeyEncryptionKey? key) => _byId.TryGetValue(id, out key);
}
