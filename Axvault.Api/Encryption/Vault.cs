using System.Diagnostics;
using System.Security.Cryptography;

namespace Axvault.Api.Encryption;

/// <summary>The opened vault: the key ring that the start derived and checked. Tools that only read need no telemetry.</summary>
internal sealed class Vault(VaultStore store, EncryptionOptions options, EncryptionTelemetry? telemetry = null)
{
    private const int IdLength = 16;

    private volatile KeyRing? _keys;
    private string? _id;

    /// <summary>This server, among those of the fleet.</summary>
    public ServerIdentity Server { get; } = ServerIdentity.Create();

    /// <summary>The key ring. The KEK that encrypts may change while the server runs: read this property once to use two facts of it together.</summary>
    /// <exception cref="InvalidOperationException">The vault has not been opened.</exception>
    public KeyRing Keys => _keys ?? throw new InvalidOperationException("The vault is not open.");

    /// <summary>The name of this vault, derived from its salt, the same on every server.</summary>
    /// <exception cref="InvalidOperationException">The vault has not been opened.</exception>
    public string Id => _id ?? throw new InvalidOperationException("The vault is not open.");

    /// <summary>Derives the keys, checks that they belong to the vault, and registers this server with them.</summary>
    /// <exception cref="VaultKeyException">The keys do not belong to the vault. Nothing was written.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var derivation = await store.GetOrCreateDerivationAsync(cancellationToken);
        var ring = KeyRing.Derive(options, derivation);
        var chosen = await store.RegisterAsync(Server, ring, cancellationToken);
        Open(ring.EncryptingWith(chosen), derivation);
    }

    /// <summary>Chooses again which KEK encrypts, after the servers of the fleet or their keys have changed.</summary>
    /// <returns><see langword="true"/> when another KEK encrypts now; otherwise <see langword="false"/>.</returns>
    public async Task<bool> ChooseKekAsync(CancellationToken cancellationToken)
    {
        var ring = Keys;
        var chosen = await store.AgreeAsync(Server, ring, cancellationToken);
        _keys = ring.EncryptingWith(chosen);
        return chosen != ring.Current.Id;
    }

    /// <summary>Seals a row of <paramref name="table"/>.</summary>
    /// <param name="table">The table.</param>
    /// <param name="values">The values of its <see cref="SealedTable.Columns"/>, in their order.</param>
    public RowSeal Seal(SealedTable table, IReadOnlyList<object?> values)
    {
        var key = Keys.Current;
        return new RowSeal(RowMac.Of(key, table.Name, table.Sealed(values)), key.Id);
    }

    /// <summary>Compares a row of <paramref name="table"/> with its seal.</summary>
    /// <param name="table">The table.</param>
    /// <param name="values">The values of its <see cref="SealedTable.Columns"/>, in their order.</param>
    /// <param name="seal">The seal; <see langword="null"/> when the row has none.</param>
    public RowFit Compare(SealedTable table, IReadOnlyList<object?> values, RowSeal? seal)
    {
        return seal is null ? RowFit.DoesNotFit
            : !Keys.TryFind(seal.Kek, out var key) ? RowFit.UnknownKek
            : CryptographicOperations.FixedTimeEquals(RowMac.Of(key, table.Name, table.Sealed(values)), seal.Mac) ? RowFit.Fits
            : RowFit.DoesNotFit;
    }

    /// <summary>Derives the keys of an existing vault and writes nothing, for tools that only read.</summary>
    /// <exception cref="VaultKeyException">The keys do not belong to the vault, or there is no vault.</exception>
    public async Task OpenExistingAsync(CancellationToken cancellationToken)
    {
        var derivation = await store.FindDerivationAsync(cancellationToken)
            ?? throw new VaultKeyException("There is no vault in this database: start a server on it first.");
        var ring = KeyRing.Derive(options, derivation);
        await store.CheckAsync(ring, cancellationToken);
        Open(ring, derivation);
    }

    /// <summary>Seals the data of a credential.</summary>
    public byte[] Encrypt(EnvelopeContext context, ReadOnlySpan<byte> data)
    {
        using var span = EncryptionTelemetry.StartEncrypt();
        return Envelope.Seal(Keys, context, data);
    }

    /// <summary>Opens the envelope of a credential.</summary>
    /// <exception cref="EnvelopeException">The envelope does not open.</exception>
    public byte[] Decrypt(EnvelopeContext context, byte[] envelope) => Decrypt(() => Envelope.Open(Keys, context, envelope));

    /// <summary>Opens an envelope with its unwrapped DEK.</summary>
    /// <exception cref="EnvelopeException">The envelope does not open.</exception>
    public byte[] Decrypt(EnvelopeOpener opener)
    {
        return Decrypt(opener.Open);
    }

    /// <summary>Seals the data of <paramref name="envelope"/> again, under the KEK that encrypts now.</summary>
    /// <exception cref="EnvelopeException">The envelope does not open.</exception>
    public byte[] Renew(EnvelopeContext context, byte[] envelope) => Try(() => Envelope.Renew(Keys, context, envelope), span: null);

    /// <summary>Unwraps the DEK of an envelope, for opening it many times.</summary>
    /// <exception cref="EnvelopeException">The format or the KEK is unknown, or the wrapped DEK was changed.</exception>
    public EnvelopeOpener MakeOpener(EnvelopeContext context, byte[] envelope) => Try(() => Envelope.MakeOpener(Keys, context, envelope), span: null);

    /// <summary>
    /// Returns <see langword="true"/> when the format and the KEK of <paramref name="envelope"/> are known; otherwise <see langword="false"/>.
    /// </summary>
    public bool CanDecrypt(ReadOnlySpan<byte> envelope)
    {
        if (Envelope.FindFault(Keys, envelope) is not { } fault)
        {
            return true;
        }

        telemetry?.Failed(null, fault);
        return false;
    }

    /// <summary>Checks that this server has the KEK <paramref name="id"/>.</summary>
    /// <exception cref="EnvelopeException">The server lacks the KEK. Data under it must not be overwritten.</exception>
    public void Require(KekId id)
    {
        if (!Keys.TryFind(id, out _))
        {
            telemetry?.Failed(null, EnvelopeFault.UnknownKek);
            throw new EnvelopeException(EnvelopeFault.UnknownKek);
        }
    }

    /// <summary>Derives the keys of a vault that is not stored, for the benchmarks.</summary>
    internal void Open(KeyDerivation derivation) => Open(KeyRing.Derive(options, derivation), derivation);

    private byte[] Decrypt(Func<byte[]> open)
    {
        using var span = EncryptionTelemetry.StartDecrypt();
        return Try(open, span);
    }

    private T Try<T>(Func<T> open, Activity? span)
    {
        try
        {
            return open();
        }
        catch (EnvelopeException exception)
        {
            telemetry?.Failed(span, exception.Fault);
            throw;
        }
    }

    private void Open(KeyRing ring, KeyDerivation derivation)
    {
        _keys = ring;
        _id = Convert.ToHexStringLower(SHA256.HashData(derivation.Salt))[..IdLength];
    }
}
