namespace Axvault.Api.Stored;

/// <summary>A credential's rows, as they were read, each with the transaction that wrote it (PostgreSQL's <c>xmin</c>), which differs after a change.</summary>
/// <param name="Name">The name.</param>
/// <param name="VersionId">The current version.</param>
/// <param name="PointerWrittenBy">The transaction that wrote the row of the name.</param>
/// <param name="VersionWrittenBy">The transaction that wrote the row of the version.</param>
/// <param name="RefreshWrittenBy">The transaction that wrote the state of its refresh; 0 when there is none.</param>
internal readonly record struct CredentialMark(string Name, Guid VersionId, uint PointerWrittenBy, uint VersionWrittenBy, uint RefreshWrittenBy);
