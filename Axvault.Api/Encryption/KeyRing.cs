using System.Diagnostics.CodeAnalysis;

namespace Axvault.Api.Encryption;

/// <summary>The KEKs of a running server: one that encrypts, and all that decrypt. Immutable and thread-safe.</summary>
internal sealed class KeyRing
{
    private readonly Dictionary<KekId, KeyEncryptionKey> _byId;

    /// <summary>Creates a ring of <paramref name="current"/>, which encrypts, and <paramref name="previous"/>, which only decrypt.</summary>
    public KeyRing(KeyEncryptionKey current, params IEnumerable<KeyEncryptionKey> previous)
    {
        (Current, Configured) = (current, current);
        _byId = previous.Prepend(current).DistinctBy(static key => key.Id).ToDictionary(static key => key.Id);
        Ids = [.. _byId.Keys.Select(static id => id.ToArray())];
    }

    private KeyRing(KeyRing ring, KeyEncryptionKey current) => (_byId, Ids, Configured, Current) = (ring._byId, ring.Ids, ring.Configured, current);

    /// <summary>The KEK that encrypts now.</summary>
    public KeyEncryptionKey Current { get; }

    /// <summary>The configured KEK: <see cref="Current"/>, unless another server lacks it (<see cref="KekAgreement"/>).</summary>
    public KeyEncryptionKey Configured { get; }

    /// <summary>Every key.</summary>
    public IReadOnlyCollection<KeyEncryptionKey> All => _byId.Values;

    /// <summary>The ids of every key, for the store.</summary>
    public byte[][] Ids { get; }

    /// <summary>Derives the KEKs of <paramref name="options"/> with <paramref name="derivation"/>, in parallel.</summary>
    public static KeyRing Derive(EncryptionOptions options, KeyDerivation derivation)
    {
        var keys = options
            .PreviousKeys.Prepend(options.Key)
            .AsParallel()
            .AsOrdered()
            .Select(secret => derivation.Derive(secret.Reveal()))
            .ToList();
        return new KeyRing(keys[0], keys[1..]);
    }

    /// <summary>Returns the same ring, encrypting with <paramref name="id"/>.</summary>
    /// <exception cref="ArgumentException">The ring has no such KEK.</exception>
    public KeyRing EncryptingWith(KekId id) =>
        TryFind(id, out var key) ? new KeyRing(this, key) : throw new ArgumentException("The key is not in the ring.", nameof(id));

    /// <summary>Finds a key by its id.</summary>
    public bool TryFind(KekId id, [NotNullWhen(true)] out KeyEncryptionKey? key) => _byId.TryGetValue(id, out key);
}
