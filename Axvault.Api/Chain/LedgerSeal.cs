using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Axvault.Api.Encryption;

namespace Axvault.Api.Chain;

/// <summary>The seals of records beside the ledger, with a key of the chain. Each kind has a format number, so none passes as another. Pure.</summary>
internal static class LedgerSeal
{
    private const byte CutFormat = 3;
    private const byte AnchorFormat = 4;
    private const byte NoteFormat = 5;
    private const byte RetirementFormat = 6;
    private const byte RefreshTokenFormat = 7;

    /// <summary>Seals the place at which the ledger begins after its oldest months were dropped.</summary>
    public static byte[] OfCut(LedgerCut cut, ReadOnlySpan<byte> key)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData([CutFormat]);
        Append(hash, cut.Number);
        hash.AppendData(cut.Mac);
        foreach (var lane in cut.Lanes)
        {
            Append(hash, lane.Lane);
            Append(hash, lane.Sequence);
            hash.AppendData(lane.Mac);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>Returns <see langword="true"/> when <paramref name="seal"/> is that of <paramref name="cut"/>; otherwise <see langword="false"/>.</summary>
    public static bool IsOfCut(LedgerCut cut, KekId kek, byte[] seal, ChainKeys keys) =>
        keys.TryFindUnretired(kek, out var key) && CryptographicOperations.FixedTimeEquals(OfCut(cut, key), seal);

    /// <summary>Seals a checkpoint for an anchor outside of the database.</summary>
    public static byte[] OfAnchor(CheckpointHead checkpoint, ReadOnlySpan<byte> key)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData([AnchorFormat]);
        Append(hash, checkpoint.Number);
        Append(hash, checkpoint.At.ToUnixTimeMilliseconds());
        hash.AppendData(checkpoint.Mac);
        return hash.GetHashAndReset();
    }

    /// <summary>Seals a note that is not in the ledger yet.</summary>
    public static byte[] OfNote(Guid id, string json, ReadOnlySpan<byte> key) =>
        HMACSHA256.HashData(key, [NoteFormat, .. id.ToByteArray(bigEndian: true), .. Encoding.UTF8.GetBytes(json)]);

    /// <summary>Seals the checkpoint from which the chain key of a KEK does not count any more.</summary>
    public static byte[] OfRetirement(KekId kek, long retiredAt, ReadOnlySpan<byte> key)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData([RetirementFormat]);
        hash.AppendData(kek.ToArray());
        Append(hash, retiredAt);
        return hash.GetHashAndReset();
    }

    /// <summary>Returns the keyed hash by which a refresh token is known again.</summary>
    public static byte[] OfRefreshToken(byte[] token, ReadOnlySpan<byte> key) => HMACSHA256.HashData(key, [RefreshTokenFormat, .. token]);

    private static void Append(IncrementalHash hash, long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        hash.AppendData(bytes);
    }
}
