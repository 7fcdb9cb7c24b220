using Axvault.Api.Encryption;

namespace Axvault.Api.Rotation;

/// <summary>The number of rows of a table under a KEK.</summary>
/// <param name="Table">The name of the table.</param>
/// <param name="Kek">The KEK.</param>
/// <param name="Rows">The number.</param>
internal sealed record KekCount(string Table, KekId Kek, long Rows);
