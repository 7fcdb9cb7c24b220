using Axvault.Api.Chain;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>Appends groups of entries to a lane of its own, one group at a time, on a connection of its own. Not thread-safe.</summary>
internal sealed class GroupAppender(
    NpgsqlDataSource database,
    EntryAppend append,
    Checkpoints checkpoints,
    LaneSettlement settlement,
    ChainKeyRing chainKeys
) : IAsyncDisposable
{
    private NpgsqlConnection? _connection;
    private LaneHead? _lane;
    private (IReadOnlyList<PendingEntry> Group, LaneHead Head)? _sent;

    /// <summary>Appends the entries of <paramref name="group"/>. Entries whose cached rows have changed are refused and removed from the group.</summary>
    /// <param name="group">The group; empty when none of its entries is left. After an exception it may be given again.</param>
    /// <exception cref="NpgsqlException">The database does not answer, or refuses it.</exception>
    public async Task AppendAsync(List<PendingEntry> group)
    {
        if (await IsMadeAsync(group))
        {
            return;
        }

        while (group.Count > 0)
        {
            var lane = _lane ??= await checkpoints.OpenLaneAsync(CancellationToken.None);
            var linked = LedgerMac.Link(lane, group.Select(static waiting => waiting.Entry), checkpoints.Newest!.Number, chainKeys.Keys, append.Now);
            _sent = (group, linked[^1].ToHead());
            var result = await RunAsync(lane, linked, group.Select(static waiting => waiting.Confirmations).OfType<Confirmations>());
            _sent = null;
            if (result.IsMade)
            {
                _lane = linked[^1].ToHead();
                Note(group);
                return;
            }

            Refuse(group, result);
        }
    }

    /// <summary>Returns the connection to the pool, which closes idle connections: a proxy or a firewall in between may drop them silently.</summary>
    public async ValueTask ReleaseAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync();
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ReleaseAsync();

    // After a lost answer, the head of the lane tells whether the last group was appended.
    private async Task<bool> IsMadeAsync(List<PendingEntry> group)
    {
        if (_sent is not var (sent, head))
        {
            return false;
        }

        var settled = await settlement.SettleAsync(_lane!, head, CancellationToken.None);
        (_sent, _lane) = (null, settled.Lane);
        if (settled.IsMade)
        {
            Note(sent);
        }

        return settled.IsMade && ReferenceEquals(sent, group);
    }

    private static void Note(IReadOnlyList<PendingEntry> made)
    {
        foreach (var waiting in made)
        {
            waiting.IsMade = true;
        }
    }

    private async Task<AppendResult> RunAsync(LaneHead lane, List<ChainedEntry> linked, IEnumerable<Confirmations> confirmations)
    {
        try
        {
            _connection ??= await database.OpenConnectionAsync(CancellationToken.None);
            return await append.RunAsync(_connection, lane, linked, confirmations);
        }
        catch
        {
            // The state of the connection is unknown: discard it and open a new one.
            await ReleaseAsync();
            throw;
        }
    }

    // The requests of these entries are decided again. The rest of the group does not wait for them.
    private static void Refuse(List<PendingEntry> group, AppendResult result)
    {
        foreach (var stale in group.FindAll(IsStale))
        {
            stale.Written.TrySetException(new StaleReadException());
        }

        group.RemoveAll(IsStale);

        bool IsStale(PendingEntry waiting) =>
            waiting.Confirmations is { } confirmations
            && (
                (confirmations.Key is { } key && result.StaleKeys.Contains(key.Id.Value))
                || (confirmations.Credential is { } credential && result.StaleCredentials.Contains(credential.Name))
            );
    }
}
