using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Axvault.Api.Chain;
using Axvault.Api.Refresh.Shapes;
using Axvault.Api.Stored;

namespace Axvault.Api.Refresh;

/// <summary>Marks refresh tokens, so that the vault knows each again under any name, on any server.</summary>
/// <remarks>The hashes are keyed: a reader of the database cannot find out which of two vaults, or files, holds a token.</remarks>
internal sealed class RefreshTokenMarks(ChainKeyRing keys)
{
    /// <summary>Returns the mark of the refresh token in <paramref name="data"/>, or <see langword="null"/> when there is none that can be sent.</summary>
    /// <param name="type">The type of the credential.</param>
    /// <param name="provider">The provider that the credential names.</param>
    /// <param name="data">The data.</param>
    public RefreshTokenMark? Find(CredentialType type, string? provider, CredentialData data) =>
        type == CredentialType.OAuthCredentials && CredentialTokens.Find(data, provider) is { } tokens ? Of(tokens.RefreshToken) : null;

    /// <summary>Returns the mark of <paramref name="token"/>.</summary>
    public RefreshTokenMark Of(RefreshToken token)
    {
        var text = Encoding.UTF8.GetBytes(token.Reveal());
        var (known, current) = (keys.Keys, keys.Keys.CurrentId);
        return new RefreshTokenMark(
            BinaryPrimitives.ReadInt32BigEndian(SHA256.HashData(text)),
            [.. known.Keys.OrderByDescending(key => key.Key == current).Select(key => LedgerSeal.OfRefreshToken(text, key.Value))]
        );
    }
}
