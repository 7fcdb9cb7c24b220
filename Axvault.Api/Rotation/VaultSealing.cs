using System.Globalization;
using Axvault.Api.Audit;
using Axvault.Api.Chain;
using Axvault.Api.Database;
using Axvault.Api.Encryption;

namespace Axvault.Api.Rotation;

/// <summary>
/// Seals the rows of a vault that an older version has made, once. Before that, no version tells a changed row from another, so all rows are taken as they are.
/// It waits until every server of the fleet knows the level: an older one would change rows without their MAC.
/// </summary>
internal sealed partial class VaultSealing(
    Ledger ledger,
    Vault vault,
    SealedRowStore store,
    AuditSource source,
    ILogger<VaultSealing> logger
)
{
    /// <summary>Seals the rows, unless they are sealed.</summary>
    /// <param name="common">The highest level that every other server knows, as far as this server has heard of them.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    /// <exception cref="AuditUnavailableException">The entry cannot be written. Nothing was sealed.</exception>
    public async Task RunAsync(SealLevel common, CancellationToken cancellationToken)
    {
        if (vault.Level >= SealLevel.Rows || common < SealLevel.Rows)
        {
            return;
        }

        // Only an older copy of axvault.kek says that a vault with this entry is not sealed. Rows without a MAC are refused then, and not sealed anew.
        if (await store.WereSealedAsync(cancellationToken))
        {
            Log.WasSealed(logger);
            vault.Raise(SealLevel.Rows);
            return;
        }

        var count = await ledger.ChangeAsync(change => SealAsync(change, cancellationToken), cancellationToken);
        if (count is { } rows)
        {
            vault.Raise(SealLevel.Rows);
            Log.Sealed(logger, rows);
        }
    }

    private async Task<int?> SealAsync(Change change, CancellationToken cancellationToken)
    {
        var transaction = change.Transaction;
        await Migrator.LockAsync(transaction, cancellationToken);
        var level = await VaultStore.FindLevelAsync(transaction, vault.Keys, cancellationToken);
        var others = await FleetStore.FindOthersAsync(transaction, vault.Server.Id, cancellationToken);
        var older = others.Where(static other => other.Level < SealLevel.Rows).Select(static other => other.Name).ToList();
        if (level >= SealLevel.Rows)
        {
            vault.Raise(level);
            return null;
        }

        if (older.Count > 0)
        {
            Log.Waits(logger, string.Join(", ", older));
            return null;
        }

        var count = 0;
        foreach (var table in SealedTable.All)
        {
            count += await SealedRowStore.SealAllAsync(transaction, table, row => vault.Seal(table, row.Values), cancellationToken);
        }

        await VaultStore.RaiseAsync(transaction, vault.Keys, SealLevel.Rows, cancellationToken);
        var reason = string.Create(CultureInfo.InvariantCulture, $"{count} keys of an older version");
        await change.CommitAsync(source.Describe(AuditAction.KeySeal, AuditOutcome.Success, reason));
        return count;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The rows of API keys are not sealed yet, because these servers are of an older version: {Servers}")]
        public static partial void Waits(ILogger logger, string servers);

        [LoggerMessage(LogLevel.Information, "{Rows} rows of an older version were sealed. From now on a row without its MAC is refused")]
        public static partial void Sealed(ILogger logger, int rows);

        [LoggerMessage(
            LogLevel.Error,
            "The table axvault.kek says that this vault is not sealed, and the audit log says that it is: the table was set back. "
                + "Rows without a MAC are refused"
        )]
        public static partial void WasSealed(ILogger logger);
    }
}
