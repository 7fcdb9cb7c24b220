using Axvault.Api.Audit.Chain;
using Axvault.Api.Encryption;

namespace Axvault.Fuzz.Targets;

/// <summary>Keys of the fuzzer alone, without the slow derivation.</summary>
internal static class FuzzKeys
{
    /// <summary>The ring with one key.</summary>
    public static KeyRing Ring { get; } = new(KeyEncryptionKey.FromMaster("a master key of the fuzzer alone"u8));

    /// <summary>The keys of its audit chain.</summary>
    public static AuditKeys Audit { get; } = new(Ring.Current.Id, new Dictionary<KekId, byte[]> { [Ring.Current.Id] = Ring.Current.AuditKey });
}
