using System.Text;
using Axvault.Api.Audit.Chain;

namespace Axvault.Fuzz.Targets;

/// <summary>Anchors of the audit log: what is parsed is written as it is read again, and none but a sealed one is authentic.</summary>
internal sealed class AuditAnchorTarget : FuzzTarget
{
    private static readonly AuditAnchor Sealed = AuditAnchor.Of(new ChainHead(4711, DateTimeOffset.FromUnixTimeMilliseconds(1_767_225_600_123), new byte[AuditChain.MacSize]), FuzzKeys.Audit);

    /// <inheritdoc />
    public override string Name => "audit-anchor";

    /// <inheritdoc />
    public override IReadOnlyList<string> Tokens => ["axa1.", ".", "4711", "1767225600123", Sealed.ChainKey.ToString(), Sealed.ToString(), new('A', 43)];

    /// <inheritdoc />
    public override void Run(ReadOnlySpan<byte> input)
    {
        if (!AuditAnchor.TryParse(Encoding.UTF8.GetString(input), out var anchor))
        {
            return;
        }

        var text = anchor.ToString();
        Holds(AuditAnchor.TryParse(text, out var again) && again.ToString() == text && again.Head.At == anchor.Head.At, "an anchor that is written is read again");
        Holds(!anchor.IsAuthentic(FuzzKeys.Audit) || text == Sealed.ToString(), "only what was sealed is authentic");
    }
}
