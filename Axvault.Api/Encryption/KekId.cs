using System.Buffers.Binary;

namespace Axvault.Api.Encryption;

/// <summary>The id of a key encryption key (KEK): 8 bytes from the same master key, which reveal nothing about the KEK.</summary>
/// <param name="Value">The bytes, read as a big-endian number.</param>
internal readonly record struct KekId(ulong Value)
{
    /// <summary>The length of an id, in bytes.</summary>
    public const int Size = sizeof(ulong);

    /// <summary>Reads an id of <see cref="Size"/> bytes.</summary>
    public static KekId Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64BigEndian(bytes));

    /// <summary>Writes the id to <paramref name="destination"/>.</summary>
    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt64BigEndian(destination, Value);

    /// <summary>Returns the bytes, for the store.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        Write(bytes);
        return bytes;
    }

    /// <inheritdoc />
    public override string ToString() => Value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}
