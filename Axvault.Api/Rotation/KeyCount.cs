using Axvault.Api.Encryption;

namespace Axvault.Api.Rotation;

/// <summary>How many rows of a table are under a key.</summary>
/// <param name="Table">The table.</param>
/// <param name="Key">The key.</param>
/// <param name="Rows">The number.</param>
internal sealed record KeyCount(EnvelopeTable Table, KekId Key, long Rows);
