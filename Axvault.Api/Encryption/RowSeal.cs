namespace Axvault.Api.Encryption;

/// <summary>The seal of a row, in its columns <c>mac</c> and <c>kek_id</c>.</summary>
/// <param name="Mac">The MAC of the row, 32 bytes.</param>
/// <param name="Kek">The KEK that the key of the MAC is derived from.</param>
internal sealed record RowSeal(byte[] Mac, KekId Kek);
