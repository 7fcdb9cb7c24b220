using System.Buffers.Binary;
using System.Text;
using Axvault.Api.Authorization;

namespace Axvault.Api.Encryption;

/// <summary>The place of an envelope. It is bound to the ciphertext: an envelope that was moved to another row or name does not open.</summary>
/// <param name="VersionId">The id of the credential's row.</param>
/// <param name="Name">The credential's name.</param>
internal readonly record struct EnvelopeContext(Guid VersionId, CredentialName Name)
{
    /// <summary>The subject of a credential's data; <see langword="null"/> for an unread answer.</summary>
    public EnvelopeSubject? Subject { get; init; }

    private ReadOnlySpan<byte> Label => Subject is null ? "axvault/unread-answer\0"u8 : "axvault/credential\0"u8;

    /// <summary>
    /// Returns the associated data of the cipher. It has a label, the envelope's header, the row's id and the name. In format 2 a length stands before the name
    /// and before each part of the subject but the revision.
    /// </summary>
    public byte[] AssociatedData(ReadOnlySpan<byte> header)
    {
        byte[] place = [.. Label, .. header, .. VersionId.ToByteArray(bigEndian: true)];
        return Subject is not { } subject
            ? [.. place, .. Encoding.ASCII.GetBytes(Name.Value)]
            :
            [
                .. place,
                .. Field(Name.Value),
                .. Field(subject.Type),
                .. Field(subject.Agent),
                .. Field(subject.Provider),
                .. Field(subject.ExpiresAt is { } time ? Number(PostgresTime.Of(time)) : null),
                .. Number(subject.Revision),
            ];
    }

    private static byte[] Field(string? text) => Field(text is null ? null : Encoding.UTF8.GetBytes(text));

    // The length of an absent value is -1.
    private static byte[] Field(byte[]? value)
    {
        var length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, value?.Length ?? -1);
        return [.. length, .. value ?? []];
    }

    private static byte[] Number(long number)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return bytes;
    }
}
