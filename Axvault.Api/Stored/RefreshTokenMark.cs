namespace Axvault.Api.Stored;

/// <summary>The sign by which the vault knows a refresh token again. It does not tell the token. Never printed.</summary>
/// <param name="lockKey">The number that all servers lock for this token.</param>
/// <param name="hashes">The keyed hashes of the token, under every key of the vault. The present key is first.</param>
internal sealed class RefreshTokenMark(int lockKey, byte[][] hashes)
{
    /// <summary>The number that all servers lock for this token.</summary>
    public int LockKey => lockKey;

    /// <summary>The keyed hashes of the token, under every key of the vault. The present key is first.</summary>
    public byte[][] Hashes => hashes;
}
