using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using Axvault.Api.Encryption;

namespace Axvault.Api.Audit.Chain;

/// <summary>A head of the chain, sealed, as it is written to the log: kept outside of the database, it shows that entries were cut off there.</summary>
/// <param name="Head">The head.</param>
/// <param name="ChainKey">The key that sealed it.</param>
/// <param name="Seal">The seal.</param>
internal sealed record AuditAnchor(ChainHead Head, KekId ChainKey, byte[] Seal)
{
    private const string Version = "axa1";

    /// <summary>Seals <paramref name="head"/>.</summary>
    public static AuditAnchor Of(ChainHead head, AuditKeys keys)
    {
        ArgumentNullException.ThrowIfNull(keys);

        return new AuditAnchor(head, keys.CurrentId, AuditChain.SealAnchor(head, keys.Current));
    }

    /// <summary>Whether a server of this vault sealed it.</summary>
    public bool IsAuthentic(AuditKeys keys)
    {
        ArgumentNullException.ThrowIfNull(keys);

        return keys.TryFind(ChainKey, out var key) && CryptographicOperations.FixedTimeEquals(AuditChain.SealAnchor(Head, key), Seal);
    }

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out AuditAnchor? anchor)
    {
        anchor = null;
        var parts = text?.Split('.') ?? [];
        if (parts.Length != 6
            || parts[0] != Version
            || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            || !long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            || milliseconds > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            || !ulong.TryParse(parts[3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var key)
            || !TryDecode(parts[4], out var mac)
            || !TryDecode(parts[5], out var seal))
        {
            return false;
        }

        anchor = new AuditAnchor(new ChainHead(sequence, DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), mac), new KekId(key), seal);
        return true;
    }

    /// <summary>One word: version, sequence, time in milliseconds, key, hash and seal.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Version}.{Head.Sequence}.{Head.At.ToUnixTimeMilliseconds()}.{ChainKey}.{Base64Url.EncodeToString(Head.Mac)}.{Base64Url.EncodeToString(Seal)}");

    private static bool TryDecode(string text, out byte[] bytes)
    {
        bytes = new byte[AuditChain.MacSize];
        return text.Length == Base64Url.GetEncodedLength(AuditChain.MacSize) && Base64Url.IsValid(text) && Base64Url.TryDecodeFromChars(text, bytes, out var written) && written == bytes.Length;
    }
}
