using System.Security.Cryptography;
using System.Text;
using Axvault.Api.Chain;

namespace Axvault.Fuzz.Targets;

/// <summary>
/// Notes of audit entries, as an attacker with access to the database could write them. A note without its seal is never accepted, and reading one
/// never fails.
/// </summary>
internal sealed class AuditNoteTarget : FuzzTarget
{
    /// <inheritdoc />
    public override string Name => "audit-note";

    /// <inheritdoc />
    public override IReadOnlyList<string> Tokens =>
        [
            "{\"Action\":\"key.delete\",\"Outcome\":\"success\",\"Server\":\"s/1\"}",
            "\"KeyId\":",
            "\"Target\":",
            "\"Reason\":",
            "null",
            "\\ud800",
            "{",
            "}",
            ",",
            "[",
            "]",
        ];

    /// <inheritdoc />
    public override void Run(ReadOnlySpan<byte> input)
    {
        // PostgreSQL cannot store NUL in a text.
        if (!AuditEntry.TryParseJson(Encoding.UTF8.GetString(input).Replace("\0", "", StringComparison.Ordinal), out var entry))
        {
            return;
        }

        var json = entry.ToJson();
        Holds(AuditEntry.TryParseJson(json, out var again) && again == entry && again.ToJson() == json, "a written entry is read back");
        var seal = LedgerSeal.OfNote(Guid.Empty, json, FuzzKeys.Audit.Current);
        Holds(
            !CryptographicOperations.FixedTimeEquals(seal, LedgerSeal.OfNote(Guid.Empty, json + " ", FuzzKeys.Audit.Current)),
            "the seal covers the whole entry"
        );
        var head = new LaneHead(7, 0, DateTimeOffset.UnixEpoch, new byte[LedgerMac.Size]);
        var linked = LedgerMac.Link(head, [entry], checkpoint: 1, FuzzKeys.Audit, DateTimeOffset.UnixEpoch);
        Holds(LedgerMac.Follows(linked[0], head.Mac, FuzzKeys.Audit.Current), "an entry follows the head it was linked to");
        Holds(
            !LedgerMac.Follows(linked[0] with { Entry = entry with { Reason = entry.Reason + "x" } }, head.Mac, FuzzKeys.Audit.Current),
            "a changed entry does not follow"
        );
    }
}
