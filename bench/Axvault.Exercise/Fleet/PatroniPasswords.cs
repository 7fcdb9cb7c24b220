using System.Security.Cryptography;

namespace Axvault.Exercise.Fleet;

/// <summary>The random passwords of a cluster. Its text does not show them.</summary>
internal sealed class PatroniPasswords
{
    /// <summary>The password of the superuser.</summary>
    public string Superuser { get; } = RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>The password of the standbys.</summary>
    public string Replication { get; } = RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>The password of the vault's user.</summary>
    public string Vault { get; } = RandomNumberGenerator.GetHexString(32, lowercase: true);
}
