using System.Text;
using Axvault.Api.Authorization;

namespace Axvault.Api.Encryption;

/// <summary>What an envelope belongs to. It is bound to the ciphertext: an envelope that was moved to another row or name does not open.</summary>
/// <param name="RowId">The id of the credential's row.</param>
/// <param name="Name">The credential's name.</param>
internal readonly record struct EnvelopeContext(Guid RowId, CredentialName Name)
{
    /// <summary>The associated data of the cipher: a label, the envelope's header, the row's id and the name, of which only the last varies in length.</summary>
    public byte[] AssociatedData(ReadOnlySpan<byte> header) =>
        [.. "axvault/credential\0"u8, .. header, .. RowId.ToByteArray(bigEndian: true), .. Encoding.ASCII.GetBytes(Name.Value)];
}
