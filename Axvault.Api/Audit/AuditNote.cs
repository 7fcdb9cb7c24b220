using Axvault.Api.Encryption;

namespace Axvault.Api.Audit;

/// <summary>
/// An entry that is written in the transaction of the change that it tells of, and moved into the chain afterwards: neither is there without the other.
/// It is sealed: what somebody else writes among the notes does not get into the chain.
/// </summary>
/// <param name="Id">Names the note until it is in the chain, and tells when it was made (UUID version 7, RFC 9562 §5.7).</param>
/// <param name="Entry">The entry.</param>
/// <param name="ChainKey">The encryption key that the sealing key was derived from.</param>
/// <param name="Seal">The seal over id and entry.</param>
internal sealed record AuditNote(Guid Id, AuditEntry Entry, KekId ChainKey, byte[] Seal)
{
    /// <summary>When it was made, by the clock of the server that made it.</summary>
    public DateTimeOffset MadeAt => DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(Id.ToString("N")[..12], 16));
}
