using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using Axvault.Api.Encryption;

namespace Axvault.Api.Chain;

/// <summary>A sealed checkpoint, as written to the server's log. Kept outside of the database, it shows that the end of the ledger was cut off.</summary>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="Kek">The KEK from whose key the seal was made.</param>
/// <param name="Seal">The seal.</param>
internal sealed record AuditAnchor(CheckpointHead Checkpoint, KekId Kek, byte[] Seal)
{
    private const string Version = "axa2";

    /// <summary>Seals <paramref name="checkpoint"/>.</summary>
    public static AuditAnchor Of(CheckpointHead checkpoint, ChainKeys keys)
    {
        return new AuditAnchor(checkpoint, keys.CurrentId, LedgerSeal.OfAnchor(checkpoint, keys.Current));
    }

    /// <summary>Returns <see langword="true"/> when a server of this vault sealed it; otherwise <see langword="false"/>.</summary>
    public bool IsAuthentic(ChainKeys keys)
    {
        return keys.TryFind(Kek, out var key) && CryptographicOperations.FixedTimeEquals(LedgerSeal.OfAnchor(Checkpoint, key), Seal);
    }

    /// <summary>Reads the text of <see cref="ToString"/>.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out AuditAnchor? anchor)
    {
        anchor = null;
        var parts = text?.Split('.') ?? [];
        if (
            parts.Length != 6
            || parts[0] != Version
            || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || !long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            || milliseconds > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            || !ulong.TryParse(parts[3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var kek)
            || !TryDecode(parts[4], out var mac)
            || !TryDecode(parts[5], out var seal)
        )
        {
            return false;
        }

        anchor = new AuditAnchor(new CheckpointHead(number, DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), mac), new KekId(kek), seal);
        return true;
    }

    /// <summary>Returns one word: version, number, time in milliseconds, KEK, MAC and seal.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Version}.{Checkpoint.Number}.{Checkpoint.At.ToUnixTimeMilliseconds()}.{Kek}")
        + $".{Base64Url.EncodeToString(Checkpoint.Mac)}.{Base64Url.EncodeToString(Seal)}";

    private static bool TryDecode(string text, out byte[] bytes)
    {
        bytes = new byte[LedgerMac.Size];
        return text.Length == Base64Url.GetEncodedLength(LedgerMac.Size)
            && Base64Url.IsValid(text)
            && Base64Url.TryDecodeFromChars(text, bytes, out var written)
            && written == bytes.Length;
    }
}
