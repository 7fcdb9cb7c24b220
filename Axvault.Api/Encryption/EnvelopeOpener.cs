using System.Security.Cryptography;

namespace Axvault.Api.Encryption;

/// <summary>
/// An envelope with its data key, ready to be opened again and again: unwrapping the key costs twenty times what opening 1 KiB costs. It holds no more than
/// whoever has the key-encryption key can find out, which is in the same memory. Thread-safe; never printed.
/// </summary>
internal sealed class EnvelopeOpener(AesGcm cipher, EnvelopeContext context, byte[] envelope)
{
    // The cipher keeps its state from one call to the next.
    private readonly Lock _lock = new();

    /// <summary>Opens the envelope.</summary>
    /// <exception cref="EnvelopeException">It is not what was sealed for its context.</exception>
    public byte[] Open()
    {
        lock (_lock)
        {
            return Envelope.Decrypt(cipher, context, envelope);
        }
    }
}
