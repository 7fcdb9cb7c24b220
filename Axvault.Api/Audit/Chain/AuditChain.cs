using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Axvault.Api.Encryption;

namespace Axvault.Api.Audit.Chain;

/// <summary>How entries are bound to one another: HMAC-SHA-256 (RFC 2104, FIPS 198-1) over the hash of the entry before and every column. Pure.</summary>
/// <remarks>
/// <code>
/// mac = HMAC(key, format 1 | mac of the entry before 32 | key id 8 | sequence 8 | time in µs since 1970 8 | texts)
/// text = 0, when it is absent; else 1 | length in bytes 4 | UTF-8
/// </code>
/// All numbers are big-endian. Lengths come first, so no two entries have the same bytes. docs/design/audit.md has the reasons.
/// </remarks>
internal static class AuditChain
{
    /// <summary>The length of a keyed hash, in bytes.</summary>
    public const int MacSize = HMACSHA256.HashSizeInBytes;

    private const byte Format = 1;
    private const byte CutFormat = 2;
    private const byte AnchorFormat = 3;
    private const byte NoteFormat = 4;

    /// <summary>What the first entry of a vault is bound to: no chain of another vault fits.</summary>
    public static byte[] Genesis(string vaultId) => SHA256.HashData(Encoding.UTF8.GetBytes($"axvault/audit/genesis/1\n{vaultId}"));

    /// <summary>Binds <paramref name="entries"/> to <paramref name="head"/>, in their order.</summary>
    /// <param name="head">The newest entry.</param>
    /// <param name="entries">What is to follow.</param>
    /// <param name="key">The chain's key.</param>
    /// <param name="keyId">Names the key.</param>
    /// <param name="now">The database's time; when the head is ahead of it, the head's time is kept.</param>
    public static List<ChainedEntry> Link(ChainHead head, IEnumerable<AuditEntry> entries, ReadOnlySpan<byte> key, KekId keyId, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(head);

        var at = ToMilliseconds(now > head.At ? now : head.At);
        var linked = new List<ChainedEntry>();
        var (sequence, mac) = (head.Sequence, head.Mac);
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        foreach (var entry in entries)
        {
            sequence++;
            mac = Mac(hash, mac, keyId, sequence, at, entry);
            linked.Add(new ChainedEntry(sequence, at, entry, keyId, mac));
        }

        return linked;
    }

    /// <summary>Whether <paramref name="entry"/> is what was bound to <paramref name="previous"/>.</summary>
    public static bool Follows(ChainedEntry entry, ReadOnlySpan<byte> previous, ReadOnlySpan<byte> key)
    {
        ArgumentNullException.ThrowIfNull(entry);

        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        return CryptographicOperations.FixedTimeEquals(Mac(hash, previous, entry.ChainKey, entry.Sequence, entry.At, entry.Entry), entry.Mac);
    }

    /// <summary>Seals the last entry of what is dropped: the chain begins after it.</summary>
    public static byte[] SealCut(ChainHead last, ReadOnlySpan<byte> key) => Seal(CutFormat, last, key);

    /// <summary>Seals a head that is written down outside of the database.</summary>
    public static byte[] SealAnchor(ChainHead head, ReadOnlySpan<byte> key) => Seal(AnchorFormat, head, key);

    /// <summary>Seals a note that is not in the chain yet.</summary>
    public static byte[] SealNote(Guid id, string json, ReadOnlySpan<byte> key) =>
        HMACSHA256.HashData(key, [NoteFormat, .. id.ToByteArray(bigEndian: true), .. Encoding.UTF8.GetBytes(json)]);

    private static byte[] Seal(byte format, ChainHead head, ReadOnlySpan<byte> key)
    {
        Span<byte> bytes = stackalloc byte[1 + sizeof(long) + sizeof(long) + MacSize];
        bytes[0] = format;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], head.Sequence);
        BinaryPrimitives.WriteInt64BigEndian(bytes[9..], Microseconds(head.At));
        head.Mac.CopyTo(bytes[17..]);
        return HMACSHA256.HashData(key, bytes);
    }

    private static byte[] Mac(IncrementalHash hash, ReadOnlySpan<byte> previous, KekId keyId, long sequence, DateTimeOffset at, AuditEntry entry)
    {
        string?[] texts =
        [
            entry.Action, entry.Outcome, entry.KeyId, entry.KeyName, entry.Target, entry.ClientAddress, entry.UserAgent, entry.RequestId, entry.TraceId, entry.Reason, entry.Server,
        ];
        const int FixedSize = 1 + MacSize + KekId.Size + sizeof(long) + sizeof(long);
        var size = FixedSize + texts.Sum(static text => 1 + (text is null ? 0 : sizeof(int) + Encoding.UTF8.GetByteCount(text)));
        var rented = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            var bytes = rented.AsSpan(0, size);
            bytes[0] = Format;
            previous.CopyTo(bytes[1..]);
            keyId.Write(bytes[(1 + MacSize)..]);
            BinaryPrimitives.WriteInt64BigEndian(bytes[(1 + MacSize + KekId.Size)..], sequence);
            BinaryPrimitives.WriteInt64BigEndian(bytes[(1 + MacSize + KekId.Size + sizeof(long))..], Microseconds(at));
            var rest = bytes[FixedSize..];
            foreach (var text in texts)
            {
                rest = Write(rest, text);
            }

            hash.AppendData(bytes);
            return hash.GetHashAndReset();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static Span<byte> Write(Span<byte> bytes, string? text)
    {
        bytes[0] = text is null ? (byte)0 : (byte)1;
        if (text is null)
        {
            return bytes[1..];
        }

        var length = Encoding.UTF8.GetBytes(text, bytes[(1 + sizeof(int))..]);
        BinaryPrimitives.WriteInt32BigEndian(bytes[1..], length);
        return bytes[(1 + sizeof(int) + length)..];
    }

    private static long Microseconds(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static DateTimeOffset ToMilliseconds(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);
}
