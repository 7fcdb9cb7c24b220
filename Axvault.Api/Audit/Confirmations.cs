using Axvault.Api.Authorization;
using Axvault.Api.Stored;

namespace Axvault.Api.Audit;

/// <summary>
/// The rows from the read cache that decided a request. They are confirmed in the round trip that commits the request's audit entry: an answer leaves only if
/// each row is still stored as it was read. docs/design/reads.md explains why that is exact.
/// </summary>
internal sealed class Confirmations
{
    /// <summary>The key, when it came from the read cache.</summary>
    public KeyMark? Key { get; set; }

    /// <summary>The credential, when it came from the read cache.</summary>
    public CredentialMark? Credential { get; set; }
}
