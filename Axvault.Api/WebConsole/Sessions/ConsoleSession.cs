using System.Security.Cryptography;
using System.Text;

namespace Axvault.Api.WebConsole.Sessions;

/// <summary>A session of the console: the key that signed in, and since when. It never holds the key's secret.</summary>
/// <param name="KeyHash">The SHA-256 of the key's secret. Each call of the session authenticates with it anew, so the session ends with the key.</param>
/// <param name="KeyId">The id of the key.</param>
/// <param name="KeyName">The name of the key at the sign-in.</param>
/// <param name="SignedInAt">The time of the sign-in.</param>
/// <param name="FormToken">The random token in each form of the session. Another site cannot know it.</param>
/// <param name="OwnsKey"><see langword="true"/> when the key was issued for this session alone, and ends with it; otherwise <see langword="false"/>.</param>
internal sealed record ConsoleSession(
    byte[] KeyHash,
    string KeyId,
    string KeyName,
    DateTimeOffset SignedInAt,
    string FormToken,
    bool OwnsKey = false
)
{
    /// <summary>The longest time of a session.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(8);

    private const int FormTokenBytes = 24;

    /// <summary>Begins a session.</summary>
    public static ConsoleSession Begin(byte[] keyHash, string keyId, string keyName, DateTimeOffset now) =>
        new(keyHash, keyId, keyName, now, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(FormTokenBytes)));

    /// <summary>Returns <see langword="true"/> when the session has ended by its age; otherwise <see langword="false"/>.</summary>
    public bool HasEnded(DateTimeOffset now) => now - SignedInAt >= Lifetime || SignedInAt > now + TimeSpan.FromMinutes(1);

    /// <summary>Returns <see langword="true"/> when a form of this session has sent <paramref name="token"/>; otherwise <see langword="false"/>.</summary>
    public bool Accepts(string? token) =>
        token is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(FormToken));

    /// <inheritdoc />
    public override string ToString() => $"session of {KeyId}";
}
