using System.Diagnostics;
using System.Security.Cryptography;
using Axvault.Api.Configuration;

namespace Axvault.Api.Encryption;

/// <summary>The opened vault: the key ring that a start derived and checked. Tools that only look need no telemetry.</summary>
internal sealed class Vault(VaultStore store, AxvaultOptions options, EncryptionTelemetry? telemetry = null)
{
    private const int IdLength = 16;

    private volatile KeyRing? _keys;
    private string? _id;

    /// <summary>This server, among those of the fleet.</summary>
    public ServerIdentity Server { get; } = ServerIdentity.Create();

    /// <summary>The keys. Which of them encrypts may change while the server runs: whoever needs two facts of them asks once.</summary>
    /// <exception cref="InvalidOperationException">The vault has not been opened.</exception>
    public KeyRing Keys => _keys ?? throw new InvalidOperationException("The vault is not open.");

    /// <summary>Names this vault among others: derived from its salt, the same for every server of it.</summary>
    /// <exception cref="InvalidOperationException">The vault has not been opened.</exception>
    public string Id => _id ?? throw new InvalidOperationException("The vault is not open.");

    /// <summary>Derives the keys, checks that they are those of the vault, and registers this server with them.</summary>
    /// <exception cref="VaultKeyException">They are not; nothing was written.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var derivation = await store.GetOrCreateDerivationAsync(cancellationToken);
        var ring = KeyRing.Derive(options, derivation);
        Open(ring.EncryptingWith(await store.RegisterAsync(Server, ring, cancellationToken)), derivation);
    }

    /// <summary>Chooses anew which key encrypts: the servers of the fleet, or their keys, have changed.</summary>
    /// <returns>Whether another one does.</returns>
    public async Task<bool> ChooseKeyAsync(CancellationToken cancellationToken)
    {
        var ring = Keys;
        var chosen = await store.AgreeAsync(Server, ring, cancellationToken);
        _keys = ring.EncryptingWith(chosen);
        return chosen != ring.Current.Id;
    }

    /// <summary>Derives the keys of a vault that is there already, and writes nothing: for tools that only look.</summary>
    /// <exception cref="VaultKeyException">They are not those of the vault, or there is none.</exception>
    public async Task OpenExistingAsync(CancellationToken cancellationToken)
    {
        var derivation = await store.FindDerivationAsync(cancellationToken) ?? throw new VaultKeyException("There is no vault in this database: start a server on it first.");
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
    /// <exception cref="EnvelopeException">It does not open.</exception>
    public byte[] Decrypt(EnvelopeContext context, byte[] envelope) => Decrypt(() => Envelope.Open(Keys, context, envelope));

    /// <summary>Opens an envelope whose data key is at hand.</summary>
    /// <exception cref="EnvelopeException">It does not open.</exception>
    public byte[] Decrypt(EnvelopeOpener opener)
    {
        ArgumentNullException.ThrowIfNull(opener);

        return Decrypt(opener.Open);
    }

    /// <summary>Seals what is in <paramref name="envelope"/> anew, under the key that encrypts now.</summary>
    /// <exception cref="EnvelopeException">It does not open.</exception>
    public byte[] Renew(EnvelopeContext context, byte[] envelope) => Try(() => Envelope.Renew(Keys, context, envelope), span: null);

    /// <summary>Unwraps the data key of an envelope that is to be opened again and again.</summary>
    /// <exception cref="EnvelopeException">Its format or its key is not known, or its data key is not what was wrapped.</exception>
    public EnvelopeOpener MakeOpener(EnvelopeContext context, byte[] envelope) => Try(() => Envelope.MakeOpener(Keys, context, envelope), span: null);

    /// <summary>Whether <paramref name="envelope"/> is of a known format and under a key that this server has.</summary>
    public bool CanDecrypt(ReadOnlySpan<byte> envelope)
    {
        if (Envelope.FindFault(Keys, envelope) is not { } fault)
        {
            return true;
        }

        telemetry?.Failed(null, fault);
        return false;
    }

    /// <summary>Checks that this server has the key <paramref name="id"/>.</summary>
    /// <exception cref="EnvelopeException">It has not: what is under that key must not be overwritten.</exception>
    public void Require(KekId id)
    {
        if (!Keys.TryFind(id, out _))
        {
            telemetry?.Failed(null, EnvelopeFault.UnknownKey);
            throw new EnvelopeException(EnvelopeFault.UnknownKey);
        }
    }

    /// <summary>Derives the keys of a vault that is nowhere stored: for the benchmarks.</summary>
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
