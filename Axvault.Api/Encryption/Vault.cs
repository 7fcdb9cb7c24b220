using Axvault.Api.Configuration;

namespace Axvault.Api.Encryption;

/// <summary>The opened vault: the key ring that a start derived and checked.</summary>
internal sealed class Vault(VaultStore store, AxvaultOptions options)
{
    private KeyRing? _keys;

    /// <summary>The keys.</summary>
    /// <exception cref="InvalidOperationException">The vault has not been opened.</exception>
    public KeyRing Keys => _keys ?? throw new InvalidOperationException("The vault is not open.");

    /// <summary>Derives the keys and checks that they are those of the vault.</summary>
    /// <exception cref="VaultKeyException">They are not; nothing was written.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var ring = KeyRing.Derive(options, await store.GetOrCreateDerivationAsync(cancellationToken));
        await store.RegisterAsync(ring, cancellationToken);
        _keys = ring;
    }
}
