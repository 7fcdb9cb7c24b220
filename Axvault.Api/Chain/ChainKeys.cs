using System.Diagnostics.CodeAnalysis;
using Axvault.Api.Encryption;

namespace Axvault.Api.Chain;

/// <summary>The keys of the ledger. The present key writes, and all of them verify.</summary>
/// <param name="CurrentId">The KEK from which the present key is derived.</param>
/// <param name="Keys">Every known key, by the id of its KEK.</param>
/// <param name="RetiredAt">The number of the checkpoint that retired a key, by the id of its KEK. After it the key does not count.</param>
internal sealed record ChainKeys(KekId CurrentId, IReadOnlyDictionary<KekId, byte[]> Keys, IReadOnlyDictionary<KekId, long> RetiredAt)
{
    /// <summary>The present key.</summary>
    public ReadOnlySpan<byte> Current => Keys[CurrentId];

    /// <summary>Finds the key of an entry.</summary>
    public bool TryFind(KekId id, [NotNullWhen(true)] out byte[]? key) => Keys.TryGetValue(id, out key);

    /// <summary>Finds the key of a record beside the ledger. A retired key does not count there, unless it is the present one again.</summary>
    public bool TryFindUnretired(KekId id, [NotNullWhen(true)] out byte[]? key)
    {
        key = null;
        return (id == CurrentId || !RetiredAt.ContainsKey(id)) && TryFind(id, out key);
    }

    /// <summary>Returns the ids only: the text of a record must not show the keys.</summary>
    public override string ToString() => CurrentId.ToString();
}
