using System.Buffers.Binary;

namespace Axvault.Api.Encryption;

/// <summary>Names a key-encryption key: 8 bytes derived from it, which tell nothing about it.</summary>
/// <param name="Value">The bytes, read as a big-endian number.</param>
internal readonly record struct KekId(ulong Value)
{
    /// <summary>The length of an id, in bytes.</summary>
    public const int Size = sizeof(ulong);

    /// <summary>Reads an id of <see cref="Size"/> bytes.</summary>
    public static KekId Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64BigEndian(bytes));

    /// <summary>Writes the id to <paramref name="destination"/>.</summary>
    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt64BigEndian(destination, Value);

    /// <summary>The bytes, for the store.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        Write(bytes);
        return bytes;
    }

    /// <inheritdoc />
    public override string ToString() => Value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}
