namespace Axvault.Api.Rotation;

/// <summary>A row that holds an envelope.</summary>
/// <param name="RowId">The id that the envelope is bound to.</param>
/// <param name="Version">With <paramref name="RowId"/>, tells it from the other rows of its table.</param>
/// <param name="Name">The name that the envelope is bound to.</param>
/// <param name="Envelope">The envelope.</param>
internal sealed record SealedRow(Guid RowId, long Version, string Name, byte[] Envelope);
