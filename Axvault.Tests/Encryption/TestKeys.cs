using System.Security.Cryptography;
using Axvault.Api.Encryption;

namespace Axvault.Tests.Encryption;

/// <summary>Keys without the time that it takes to derive them from a passphrase.</summary>
internal static class TestKeys
{
    /// <summary>The key number <paramref name="number"/>: always the same.</summary>
    public static KeyEncryptionKey Key(int number) => KeyEncryptionKey.FromMaster(SHA256.HashData(BitConverter.GetBytes(number)));

    /// <summary>A ring whose first key encrypts.</summary>
    public static KeyRing Ring(params int[] numbers) => new(Key(numbers[0]), numbers[1..].Select(Key));
}
