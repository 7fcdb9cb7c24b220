using Axvault.Api.Encryption;

namespace Axvault.Api.Chain;

/// <summary>
/// An entry of a change that had to be made while entries could not be appended. It is written in the transaction of the change, and appended later. It is
/// sealed: a note that no server wrote does not get into the ledger.
/// </summary>
/// <param name="Id">The id until it is in the chain. It holds the time of the note (UUID version 7, RFC 9562 §5.7).</param>
/// <param name="Entry">The entry.</param>
/// <param name="Kek">The KEK from which the sealing key is derived.</param>
/// <param name="Seal">The seal over id and entry.</param>
internal sealed record AuditNote(Guid Id, AuditEntry Entry, KekId Kek, byte[] Seal)
{
    /// <summary>The time of the note, by the clock of its server.</summary>
    public DateTimeOffset MadeAt => DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(Id.ToString("N")[..12], 16));
}
