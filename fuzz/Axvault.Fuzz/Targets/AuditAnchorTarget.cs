using System.Text;
using Axvault.Api.Chain;

namespace Axvault.Fuzz.Targets;

/// <summary>Anchors of the audit log. A parsed anchor can be written and parsed again, and only a sealed one is authentic.</summary>
internal sealed class AuditAnchorTarget : FuzzTarget
{
    private static readonly AuditAnchor Sealed = AuditAnchor.Of(
        new CheckpointHead(4711, DateTimeOffset.FromUnixTimeMilliseconds(1_767_225_600_123), new byte[LedgerMac.Size]),
        FuzzKeys.Audit
    );

    /// <inheritdoc />
    public override string Name => "audit-anchor";

    /// <inheritdoc />
    public override IReadOnlyList<string> Tokens => ["axa2.", ".", "4711", "1767225600123", Sealed.Kek.ToString(), Sealed.ToString(), new('A', 43)];

    /// <inheritdoc />
    public override void Run(ReadOnlySpan<byte> input)
    {
        if (!AuditAnchor.TryParse(Encoding.UTF8.GetString(input), out var anchor))
        {
            return;
        }

        var text = anchor.ToString();
        Holds(
            AuditAnchor.TryParse(text, out var again) && again.ToString() == text && again.Checkpoint.At == anchor.Checkpoint.At,
            "a written anchor is read back"
        );
        Holds(!anchor.IsAuthentic(FuzzKeys.Audit) || text == Sealed.ToString(), "only a sealed anchor is authentic");
    }
}
