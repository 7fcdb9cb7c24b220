using System.Security.Cryptography;
using Axvault.Api.Encryption;

namespace Axvault.Tests.Encryption;

/// <summary>Key encryption keys for tests. They are made directly, because deriving a key from a passphrase is slow.</summary>
internal static class TestKeys
{
    /// <summary>Returns the key with the given number. The same number always gives the same key.</summary>
    public static KeyEncryptionKey Key(int number) => KeyEncryptionKey.FromMaster(SHA256.HashData(BitConverter.GetBytes(number)));

    /// <summary>Returns a ring of keys whose first key encrypts.</summary>
    public static KeyRing Ring(params int[] numbers) => new(Key(numbers[0]), numbers[1..].Select(Key));

    /// <summary>Returns the fault of <paramref name="envelope"/>; <see langword="null"/> when it opens.</summary>
    public static EnvelopeFault? FaultOf(KeyRing ring, EnvelopeContext context, byte[] envelope)
    {
        try
        {
            Envelope.Open(ring, context, envelope);
            return null;
        }
        catch (EnvelopeException exception)
        {
            return exception.Fault;
        }
    }
}
