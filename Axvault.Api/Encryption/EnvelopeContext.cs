using System.Text;
using Axvault.Api.Authorization;

namespace Axvault.Api.Encryption;

/// <summary>The place of an envelope. It is bound to the ciphertext: an envelope that was moved to another row or name does not open.</summary>
/// <param name="VersionId">The id of the credential's row.</param>
/// <param name="Name">The credential's name.</param>
internal readonly record struct EnvelopeContext(Guid VersionId, CredentialName Name)
{
    /// <summary><see langword="true"/> for an unread answer of a provider; <see langword="false"/> for the data of a credential.</summary>
    public bool IsUnreadAnswer { get; init; }

    private ReadOnlySpan<byte> Label => IsUnreadAnswer ? "axvault/unread-answer\0"u8 : "axvault/credential\0"u8;

    /// <summary>
    /// Returns the associated data of the cipher: a label, the envelope's header, the row's id and the name. Only the name varies in length.
    /// </summary>
    public byte[] AssociatedData(ReadOnlySpan<byte> header) =>
        [.. Label, .. header, .. VersionId.ToByteArray(bigEndian: true), .. Encoding.ASCII.GetBytes(Name.Value)];
}
