using System.Security.Cryptography;
using System.Text;
using Axvault.Api.Audit;
using Axvault.Api.Audit.Chain;

namespace Axvault.Fuzz.Targets;

/// <summary>Notes of entries, as somebody who writes the database could have put them there: none without its seal is taken for one, and reading none fails.</summary>
internal sealed class AuditNoteTarget : FuzzTarget
{
    /// <inheritdoc />
    public override string Name => "audit-note";

    /// <inheritdoc />
    public override IReadOnlyList<string> Tokens => ["{\"Action\":\"key.delete\",\"Outcome\":\"success\",\"Server\":\"s/1\"}", "\"KeyId\":", "\"Target\":", "\"Reason\":", "null", "\\ud800", "{", "}", ",", "[", "]"];

    /// <inheritdoc />
    public override void Run(ReadOnlySpan<byte> input)
    {
        // PostgreSQL holds no other text.
        if (!AuditEntry.TryParseJson(Encoding.UTF8.GetString(input).Replace("\0", "", StringComparison.Ordinal), out var entry))
        {
            return;
        }

        var json = entry.ToJson();
        Holds(AuditEntry.TryParseJson(json, out var again) && again == entry && again.ToJson() == json, "an entry that is written is read again");
        var seal = AuditChain.SealNote(Guid.Empty, json, FuzzKeys.Audit.Current);
        Holds(!CryptographicOperations.FixedTimeEquals(seal, AuditChain.SealNote(Guid.Empty, json + " ", FuzzKeys.Audit.Current)), "the seal is over the whole entry");
        var head = new ChainHead(0, DateTimeOffset.UnixEpoch, new byte[AuditChain.MacSize]);
        var linked = AuditChain.Link(head, [entry], FuzzKeys.Audit.Current, FuzzKeys.Audit.CurrentId, DateTimeOffset.UnixEpoch);
        Holds(AuditChain.Follows(linked[0], head.Mac, FuzzKeys.Audit.Current), "an entry follows what it was bound to");
        Holds(!AuditChain.Follows(linked[0] with { Entry = entry with { Reason = entry.Reason + "x" } }, head.Mac, FuzzKeys.Audit.Current), "one that was changed does not");
    }
}
