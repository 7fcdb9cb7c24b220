using Axvault.Api.Chain;
using Axvault.Api.Encryption;

namespace Axvault.Fuzz.Targets;

/// <summary>Keys for the fuzzer only, without the slow derivation.</summary>
internal static class FuzzKeys
{
    /// <summary>The ring with one key encryption key.</summary>
    public static KeyRing Ring { get; } = new(KeyEncryptionKey.FromMaster("a master key of the fuzzer alone"u8));

    /// <summary>The keys of its audit chain.</summary>
    public static ChainKeys Audit { get; } =
        new(Ring.Current.Id, new Dictionary<KekId, byte[]> { [Ring.Current.Id] = Ring.Current.ChainKey }, new Dictionary<KekId, long>());
}
