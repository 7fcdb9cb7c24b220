using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Axvault.Api.Encryption;

/// <summary>The MAC of a row: HMAC-SHA-256 (RFC 2104, FIPS 198-1) over the name of its table and the columns that decide. Pure.</summary>
/// <remarks>
/// <code>
/// row    = HMAC(row key, value(table) | count 4 | value …)
/// value  = 0                                        null
///        | 1 | length in bytes 4 | UTF-8            text
///        | 2 | length 4 | bytes                     bytea
///        | 3 | 8 bytes, signed                      any integer
///        | 4 | 1 byte                               boolean
///        | 5 | µs since 2000, 8 bytes, signed       time
///        | 6 | 16 bytes, big-endian                 uuid
///        | 7 | count 4 | value …                    array of text
/// </code>
/// All numbers are big-endian. Lengths and counts come first, so two different rows never have the same bytes.
/// </remarks>
internal static class RowMac
{
    /// <summary>Returns the MAC of a row.</summary>
    /// <param name="key">The KEK.</param>
    /// <param name="table">The name of the table.</param>
    /// <param name="values">The values of the columns, in a fixed order.</param>
    /// <exception cref="ArgumentException">A value has another type than those of <see cref="RowMac"/>.</exception>
    public static byte[] Of(KeyEncryptionKey key, string table, IReadOnlyList<object?> values)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        Write(bytes, table);
        Write(bytes, values.Count);
        foreach (var value in values)
        {
            Write(bytes, value);
        }

        return HMACSHA256.HashData(key.RowKey, bytes.WrittenSpan);
    }

    private static void Write(ArrayBufferWriter<byte> bytes, object? value)
    {
        switch (value)
        {
            case null:
                WriteByte(bytes, 0);
                break;
            case string text:
                Write(bytes, 1, Encoding.UTF8.GetBytes(text));
                break;
            case byte[] binary:
                Write(bytes, 2, binary);
                break;
            case int or long:
                Write(bytes, 3, Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture));
                break;
            case bool flag:
                WriteByte(bytes, 4);
                WriteByte(bytes, flag ? (byte)1 : (byte)0);
                break;
            case DateTime time:
                Write(bytes, 5, PostgresTime.Of(new DateTimeOffset(time, TimeSpan.Zero)));
                break;
            case DateTimeOffset time:
                Write(bytes, 5, PostgresTime.Of(time));
                break;
            case Guid id:
                WriteByte(bytes, 6);
                bytes.Write(id.ToByteArray(bigEndian: true));
                break;
            case string?[] texts:
                WriteByte(bytes, 7);
                Write(bytes, texts.Length);
                foreach (var text in texts)
                {
                    Write(bytes, text);
                }

                break;
            default:
                throw new ArgumentException($"A row with a {value.GetType().Name} cannot be sealed.", nameof(value));
        }
    }

    private static void Write(ArrayBufferWriter<byte> bytes, byte type, ReadOnlySpan<byte> value)
    {
        WriteByte(bytes, type);
        Write(bytes, value.Length);
        bytes.Write(value);
    }

    private static void Write(ArrayBufferWriter<byte> bytes, byte type, long value)
    {
        WriteByte(bytes, type);
        BinaryPrimitives.WriteInt64BigEndian(bytes.GetSpan(sizeof(long)), value);
        bytes.Advance(sizeof(long));
    }

    private static void WriteByte(ArrayBufferWriter<byte> bytes, byte value)
    {
        bytes.GetSpan(1)[0] = value;
        bytes.Advance(1);
    }

    private static void Write(ArrayBufferWriter<byte> bytes, int count)
    {
        BinaryPrimitives.WriteInt32BigEndian(bytes.GetSpan(sizeof(int)), count);
        bytes.Advance(sizeof(int));
    }
}
