namespace Axvault.Api.Audit;

/// <summary>An entry that is written in the transaction of the change that it tells of, and moved into the chain afterwards: neither is there without the other.</summary>
/// <param name="Id">Names the note until it is in the chain.</param>
/// <param name="Entry">The entry.</param>
internal sealed record AuditNote(Guid Id, AuditEntry Entry)
{
    /// <summary>Makes a note of <paramref name="entry"/>.</summary>
    public static AuditNote Of(AuditEntry entry) => new(Guid.CreateVersion7(), entry);
}
