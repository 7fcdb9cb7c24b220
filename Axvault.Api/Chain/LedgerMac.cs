using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Axvault.Api.Encryption;

namespace Axvault.Api.Chain;

/// <summary>The MACs of entries and checkpoints: HMAC-SHA-256 (RFC 2104, FIPS 198-1) over the MAC of the previous one and every column. Pure.</summary>
/// <remarks>
/// <code>
/// entry      = HMAC(key, format 1 | mac of the previous entry 32 | KEK id 8 | lane 8 | sequence 8 | checkpoint 8 | time in µs 8 | texts)
/// checkpoint = HMAC(key, format 2 | mac of the previous checkpoint 32 | KEK id 8 | number 8 | time in µs 8 | retired KEKs | lanes)
/// text       = 0 when it is absent; else 1 | length in bytes 4 | UTF-8
/// </code>
/// All numbers are big-endian; times count from 1970. Lengths and counts come first, so two different records never have the same
/// bytes. docs/design/audit.md has the reasons.
/// </remarks>
internal static class LedgerMac
{
    /// <summary>The length of a MAC, in bytes.</summary>
    public const int Size = HMACSHA256.HashSizeInBytes;

    private const byte EntryFormat = 1;
    private const byte CheckpointFormat = 2;

    /// <summary>Returns the MAC before the first checkpoint of a vault. It differs between vaults, so no ledger fits another vault.</summary>
    public static byte[] Genesis(string vaultId) => SHA256.HashData(Encoding.UTF8.GetBytes($"axvault/audit/genesis/1\n{vaultId}"));

    /// <summary>Binds <paramref name="entries"/> to <paramref name="head"/>, in their order.</summary>
    /// <param name="head">The newest entry of the lane.</param>
    /// <param name="entries">The entries to append.</param>
    /// <param name="checkpoint">The newest checkpoint that the server knows.</param>
    /// <param name="keys">The keys of the chain, of which the present one writes.</param>
    /// <param name="now">The database's time. When the head is later, the head's time is kept.</param>
    public static List<ChainedEntry> Link(LaneHead head, IEnumerable<AuditEntry> entries, long checkpoint, ChainKeys keys, DateTimeOffset now)
    {
        var at = ToMilliseconds(now > head.At ? now : head.At);
        var linked = new List<ChainedEntry>();
        var (sequence, mac) = (head.Sequence, head.Mac);
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.Current);
        foreach (var entry in entries)
        {
            sequence++;
            var next = new ChainedEntry(head.Lane, sequence, checkpoint, at, entry, keys.CurrentId, []);
            mac = OfEntry(hash, mac, next);
            linked.Add(next with { Mac = mac });
        }

        return linked;
    }

    /// <summary>Binds a checkpoint to <paramref name="head"/>.</summary>
    /// <param name="head">The newest checkpoint.</param>
    /// <param name="lanes">The events of lanes that it records.</param>
    /// <param name="retired">The KEKs whose chain keys it retires.</param>
    /// <param name="keys">The keys of the chain, of which the present one writes.</param>
    /// <param name="now">The database's time. When the head is later, the head's time is kept.</param>
    public static Checkpoint Link(CheckpointHead head, IEnumerable<LaneEvent> lanes, IReadOnlyList<KekId> retired, ChainKeys keys, DateTimeOffset now)
    {
        List<LaneEvent> ordered = [.. lanes.OrderBy(static lane => lane.Lane).ThenBy(static lane => lane.Kind)];
        var checkpoint = new Checkpoint(head.Number + 1, ToMilliseconds(now > head.At ? now : head.At), keys.CurrentId, retired, ordered, []);
        return checkpoint with { Mac = OfCheckpoint(keys.Current, head.Mac, checkpoint) };
    }

    /// <summary>
    /// Returns <see langword="true"/> when <paramref name="entry"/> was bound to <paramref name="previous"/>; otherwise <see langword="false"/>.
    /// </summary>
    public static bool Follows(ChainedEntry entry, ReadOnlySpan<byte> previous, ReadOnlySpan<byte> key)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        return previous.Length == Size && CryptographicOperations.FixedTimeEquals(OfEntry(hash, previous, entry), entry.Mac);
    }

    /// <summary>
    /// Returns <see langword="true"/> when <paramref name="checkpoint"/> was bound to <paramref name="previous"/>; otherwise <see langword="false"/>.
    /// </summary>
    public static bool Follows(Checkpoint checkpoint, ReadOnlySpan<byte> previous, ReadOnlySpan<byte> key) =>
        CryptographicOperations.FixedTimeEquals(OfCheckpoint(key, previous, checkpoint), checkpoint.Mac);

    private static byte[] OfCheckpoint(ReadOnlySpan<byte> key, ReadOnlySpan<byte> previous, Checkpoint checkpoint)
    {
        var bytes = new ArrayBufferWriter<byte>();
        bytes.Write([CheckpointFormat]);
        bytes.Write(previous);
        Write(bytes, checkpoint.Kek);
        Write(bytes, checkpoint.Number);
        Write(bytes, Microseconds(checkpoint.At));
        Write(bytes, checkpoint.Retired.Count);
        foreach (var retired in checkpoint.Retired)
        {
            Write(bytes, retired);
        }

        Write(bytes, checkpoint.Lanes.Count);
        foreach (var lane in checkpoint.Lanes)
        {
            Write(bytes, lane.Lane);
            bytes.Write([(byte)lane.Kind]);
            Write(bytes, lane.Sequence);
            Write(bytes, lane.Mac.Length);
            bytes.Write(lane.Mac);
        }

        return HMACSHA256.HashData(key, bytes.WrittenSpan);
    }

    private static byte[] OfEntry(IncrementalHash hash, ReadOnlySpan<byte> previous, ChainedEntry chained)
    {
        var entry = chained.Entry;
        string?[] texts =
        [
            entry.Action,
            entry.Outcome,
            entry.KeyId,
            entry.KeyName,
            entry.Target,
            entry.ClientAddress,
            entry.UserAgent,
            entry.RequestId,
            entry.TraceId,
            entry.Reason,
            entry.Server,
        ];
        const int FixedSize = 1 + Size + KekId.Size + (4 * sizeof(long));
        var size = FixedSize + texts.Sum(static text => 1 + (text is null ? 0 : sizeof(int) + Encoding.UTF8.GetByteCount(text)));
        var rented = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            var bytes = rented.AsSpan(0, size);
            bytes[0] = EntryFormat;
            previous.CopyTo(bytes[1..]);
            chained.Kek.Write(bytes[(1 + Size)..]);
            var rest = bytes[(1 + Size + KekId.Size)..];
            foreach (var number in (ReadOnlySpan<long>)[chained.Lane, chained.Sequence, chained.Checkpoint, Microseconds(chained.At)])
            {
                BinaryPrimitives.WriteInt64BigEndian(rest, number);
                rest = rest[sizeof(long)..];
            }

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

    private static void Write(ArrayBufferWriter<byte> bytes, long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(bytes.GetSpan(sizeof(long)), value);
        bytes.Advance(sizeof(long));
    }

    private static void Write(ArrayBufferWriter<byte> bytes, KekId kek)
    {
        kek.Write(bytes.GetSpan(KekId.Size));
        bytes.Advance(KekId.Size);
    }

    private static long Microseconds(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static DateTimeOffset ToMilliseconds(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);
}
