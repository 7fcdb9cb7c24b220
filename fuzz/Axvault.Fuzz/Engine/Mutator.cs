using System.Globalization;
using System.Text;

namespace Axvault.Fuzz.Engine;

/// <summary>Makes new inputs from other inputs.</summary>
internal sealed class Mutator(Random random, IReadOnlyList<string> tokens)
{
    /// <summary>The maximum length of an input, in bytes.</summary>
    public const int MaxLength = 4096;

    private static readonly byte[] SpecialBytes =
    [
        0,
        1,
        9,
        10,
        13,
        0x20,
        0x22,
        0x25,
        0x2C,
        0x2D,
        0x2E,
        0x2F,
        0x30,
        0x39,
        0x3A,
        0x3D,
        0x40,
        0x5C,
        0x7B,
        0x7D,
        0x7F,
        0x80,
        0xC0,
        0xED,
        0xEF,
        0xF4,
        0xFF,
    ];

    private static readonly string[] Numbers =
    [
        "0",
        "-0",
        "-1",
        "1e400",
        "-1e400",
        "1e308",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "253402300799999",
        "253402300800000",
        "0.1",
        "NaN",
        "Infinity",
        "99999999999",
    ];

    private readonly byte[][] _tokens = [.. tokens.Concat(Numbers).Select(Encoding.UTF8.GetBytes)];

    /// <summary>Changes <paramref name="input"/> in one or several places, sometimes with pieces of <paramref name="other"/>.</summary>
    public byte[] Mutate(byte[] input, byte[] other)
    {
        List<byte> bytes = [.. input];
        for (var n = 1 << random.Next(4); n > 0; n--)
        {
            Change(bytes, other);
        }

        return [.. bytes.Take(MaxLength)];
    }

    private void Change(List<byte> bytes, byte[] other)
    {
        var at = random.Next(bytes.Count + 1);
        var length = Math.Min(random.Next(1, 1 << random.Next(1, 8)), bytes.Count - at);
        switch (random.Next(12))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2 when at < bytes.Count:
                bytes[at] = SpecialBytes[random.Next(SpecialBytes.Length)];
                break;
            case 3:
                bytes.Insert(at, SpecialBytes[random.Next(SpecialBytes.Length)]);
                break;
            case 4:
                bytes.RemoveRange(at, length);
                break;
            case 5:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 6 when other.Length > 0:
                var from = random.Next(other.Length);
                bytes.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(1, 64))]);
                break;
            case 7 when other.Length > 0:
                bytes.RemoveRange(at, bytes.Count - at);
                bytes.AddRange(other[Math.Min(at, other.Length)..]);
                break;
            case 8:
                bytes.RemoveRange(at, length);
                bytes.InsertRange(at, _tokens[random.Next(_tokens.Length)]);
                break;
            case 9:
                bytes.InsertRange(at, Encoding.ASCII.GetBytes(random.NextInt64(long.MinValue, long.MaxValue).ToString(CultureInfo.InvariantCulture)));
                break;
            case 10 when at < bytes.Count:
                bytes[at] = (byte)(bytes[at] + random.Next(-2, 3));
                break;
            default:
                bytes.InsertRange(at, _tokens[random.Next(_tokens.Length)]);
                break;
        }
    }
}
