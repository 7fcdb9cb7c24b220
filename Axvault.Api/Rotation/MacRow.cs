using Axvault.Api.Encryption;

namespace Axvault.Api.Rotation;

/// <summary>A row with a MAC.</summary>
/// <param name="Id">Identifies the row in its table.</param>
/// <param name="Values">The values of the columns that the MAC covers.</param>
/// <param name="Seal">The seal; <see langword="null"/> when the row has none.</param>
internal sealed record MacRow(string Id, IReadOnlyList<object?> Values, RowSeal? Seal)
{
    /// <summary>Returns the id only: the values may be hashes of secrets.</summary>
    public override string ToString() => Id;
}
