using System.Security.Cryptography;

namespace Axvault.Exercise.Fleet;

/// <summary>The passwords of a cluster of the exercise's own. It does not show them when it is printed.</summary>
internal sealed class PatroniPasswords
{
    /// <summary>Of the superuser.</summary>
    public string Superuser { get; } = RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Of the standbys.</summary>
    public string Replication { get; } = RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Of the vault.</summary>
    public string Vault { get; } = RandomNumberGenerator.GetHexString(32, lowercase: true);
}
