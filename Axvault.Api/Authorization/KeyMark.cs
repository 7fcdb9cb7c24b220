namespace Axvault.Api.Authorization;

/// <summary>An API key's row, as it was read.</summary>
/// <param name="Id">The key's id.</param>
/// <param name="WrittenBy">The transaction that wrote the row (PostgreSQL's <c>xmin</c>). It differs once the row has changed.</param>
internal readonly record struct KeyMark(KeyId Id, uint WrittenBy);
