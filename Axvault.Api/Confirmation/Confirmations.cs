using Axvault.Api.Authorization;

namespace Axvault.Api.Confirmation;

/// <summary>
/// What a request was decided by that came from memory. It is confirmed in the round trip that commits the request's audit entry: an answer leaves only
/// if each of these rows is still the one that is stored. docs/design/reads.md tells why that is exact.
/// </summary>
internal sealed class Confirmations
{
    /// <summary>The key, when it came from memory.</summary>
    public KeyMark? Key { get; set; }

    /// <summary>The credential, when it came from memory.</summary>
    public CredentialMark? Credential { get; set; }
}

/// <summary>A key's row, as it was read.</summary>
/// <param name="Id">The key's id.</param>
/// <param name="WrittenBy">The transaction that wrote the row (PostgreSQL's <c>xmin</c>): another one has changed it.</param>
internal readonly record struct KeyMark(KeyId Id, uint WrittenBy);

/// <summary>A credential's row, as it was read.</summary>
/// <param name="RowId">The row's id; a name that is deleted and put again gets another one.</param>
/// <param name="WrittenBy">The transaction that wrote the row (PostgreSQL's <c>xmin</c>): another one has changed it.</param>
internal readonly record struct CredentialMark(Guid RowId, uint WrittenBy);
