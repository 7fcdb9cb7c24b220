namespace Axvault.Api.Rotation;

/// <summary>The next rows of a table that are under another KEK, sealed again and not stored yet.</summary>
/// <param name="Unreadable">The number of rows that cannot be sealed again.</param>
/// <param name="Renewed">The number of the others.</param>
/// <param name="MoveAsync">Stores the others, as far as they are still as they were read.</param>
internal sealed record RotationBatch(int Unreadable, int Renewed, Func<CancellationToken, Task> MoveAsync);
