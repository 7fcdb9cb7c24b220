using Axvault.Api.Encryption;

namespace Axvault.Api.Rotation;

/// <summary>The rows that a rotation moves, in batches: envelopes, and rows with a MAC.</summary>
internal sealed class RotationBatches(RotationStore store, SealedRowStore rows, RowSealer sealer, Vault vault)
{
    private const int BatchRows = 100;
    private const int BatchBytes = 4 * 1024 * 1024;

    /// <summary>Returns for each table a function that returns its next batch, or <see langword="null"/> at its end.</summary>
    /// <param name="kek">The KEK that the rows are moved to.</param>
    public IEnumerable<Func<CancellationToken, Task<RotationBatch?>>> OfTables(KekId kek) =>
        [.. EnvelopeTable.All.Select(table => OfTable(kek, table)), .. SealedTable.All.Select(table => OfTable(kek, table))];

    private Func<CancellationToken, Task<RotationBatch?>> OfTable(KekId kek, EnvelopeTable table)
    {
        var after = (VersionId: Guid.Empty, Revision: -1L);
        return async cancellationToken =>
        {
            var found = await store.FindBatchAsync(table, OthersThan(kek), after, BatchRows, BatchBytes, cancellationToken);
            if (found.Count == 0)
            {
                return null;
            }

            after = (found[^1].VersionId, found[^1].Revision);
            var renewed = sealer.Renew(table, found);
            return new(found.Count - renewed.Count, renewed.Count, async cancelled =>
                sealer.Moved(await store.MoveAsync(vault.Server, kek, table, renewed, cancelled)));
        };
    }

    private Func<CancellationToken, Task<RotationBatch?>> OfTable(KekId kek, SealedTable table)
    {
        var after = "";
        return async cancellationToken =>
        {
            var found = await rows.FindBatchAsync(table, OthersThan(kek), after, BatchRows, cancellationToken);
            if (found.Count == 0)
            {
                return null;
            }

            after = found[^1].Id;
            var renewed = sealer.Renew(table, found);
            return new(found.Count - renewed.Count, renewed.Count, async cancelled =>
                sealer.Moved(await rows.MoveAsync(vault.Server, kek, table, renewed, cancelled)));
        };
    }

    private byte[][] OthersThan(KekId kek) => [.. vault.Keys.All.Select(static key => key.Id).Where(id => id != kek).Select(static id => id.ToArray())];
}
