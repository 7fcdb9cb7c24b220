using System.Diagnostics.CodeAnalysis;
using Axvault.Api.Encryption;

namespace Axvault.Api.Audit.Chain;

/// <summary>The keys of the chain: the present one writes, all of them verify.</summary>
/// <param name="CurrentId">The encryption key that the present one is derived from.</param>
/// <param name="Keys">Every key that is known, by the id of its encryption key.</param>
internal sealed record AuditKeys(KekId CurrentId, IReadOnlyDictionary<KekId, byte[]> Keys)
{
    /// <summary>The key that writes.</summary>
    public ReadOnlySpan<byte> Current => Keys[CurrentId];

    /// <summary>Finds the key of an entry.</summary>
    public bool TryFind(KekId id, [NotNullWhen(true)] out byte[]? key) => Keys.TryGetValue(id, out key);

    /// <summary>The ids only: a record's text must not show the keys.</summary>
    public override string ToString() => CurrentId.ToString();
}
