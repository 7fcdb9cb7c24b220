using System.Globalization;
using Axvault.Api.Audit.Chain;
using Axvault.Api.Confirmation;
using Axvault.Api.Credentials;

namespace Axvault.Api.Audit;

/// <summary>
/// Appends groups of entries to the chain, one at a time. They are bound to the head as this server knows it, and appended only if it still is the head; of servers that
/// append at once one gets through, and the others bind theirs anew, and then wait for their turn. docs/design/audit.md tells the protocol.
/// </summary>
internal sealed partial class AuditAppender(
    AuditHeadStore heads,
    AuditAppendStore appends,
    CredentialStore credentials,
    AuditSource source,
    AuditVault vault,
    AuditClock clock,
    AuditQueue queue,
    AuditTelemetry telemetry,
    TimeProvider time,
    ILogger<AuditAppender> logger)
{
    // How many appends wait for their turn after one that came too late: another server is busy, too.
    private const int Turns = 32;

    private volatile ChainHead? _head;
    private ChainHead? _seen;
    private int _turns;

    /// <summary>The newest entry that this server has written or met; <see langword="null"/> before the first, and after a failure.</summary>
    public ChainHead? Head => _head;

    /// <summary>Appends what can be appended of <paramref name="group"/>. What cannot, because what it was decided by has changed, is told so and taken out of it.</summary>
    /// <param name="group">The group; empty when nothing of it is left.</param>
    /// <param name="sent">The heads of earlier attempts with it whose fate is not known; each attempt adds its own until its answer comes.</param>
    /// <exception cref="Npgsql.NpgsqlException">The database does not answer, or refuses it.</exception>
    public async Task AppendAsync(EntryGroup group, List<ChainHead> sent)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            List<ChainedEntry> linked = [];
            CredentialPut[] puts = [.. group.Puts.Select(static waiting => waiting.Put!)];
            AppendResult result;
            // Whether an earlier one was made is asked by the head, too: not while it is held.
            if (_turns > 0 && sent.Count == 0)
            {
                _turns--;
                if (await appends.AppendInTurnAsync(Bind, group.Notes, group.Confirmations, puts, CancellationToken.None) is not { } inTurn)
                {
                    _turns = 0;
                    continue;
                }

                result = inTurn;
            }
            else
            {
                var head = _head ?? await ReadHeadAsync();
                foreach (var earlier in sent)
                {
                    // Its answer was lost, it was not.
                    if (await heads.ContainsAsync(earlier, CancellationToken.None))
                    {
                        await FindPutsAsync(group.Puts, earlier.At);
                        return;
                    }
                }

                result = await appends.AppendAsync(head, Link(head), group.Notes, group.Confirmations, puts, CancellationToken.None);
            }

            IReadOnlyList<ChainedEntry> Bind(ChainHead held, DateTimeOffset databaseTime)
            {
                clock.Set(databaseTime);
                Meet(held);
                return Link(held);
            }

            IReadOnlyList<ChainedEntry> Link(ChainHead to)
            {
                var keys = vault.Keys;
                linked = AuditChain.Link(to, group.Entries.Select(static waiting => waiting.Entry), keys.Current, keys.CurrentId, clock.Now);
                sent.Add(linked[^1].ToHead());
                _head = null;
                return linked;
            }

            clock.Set(result.Clock);
            if (result.Appended)
            {
                See(result.Head!);
                telemetry.Committed(linked, time.GetElapsedTime(start));
                for (var i = 0; i < group.Puts.Count; i++)
                {
                    group.Puts[i].Outcome = result.Puts[i];
                }

                return;
            }

            sent.RemoveAt(sent.Count - 1);
            if (result.IsHeldUp)
            {
                See(result.Head!);
                LeaveOutStale(group, result);
                LeaveOutPuts(group, result, isCertain: sent.Count == 0);
                if (group.Count == 0)
                {
                    return;
                }

                continue;
            }

            telemetry.Conflicted();
            _turns = Turns;
            if (result.Head is { } now)
            {
                Meet(now);
            }
        }
    }

    /// <summary>Looks the head up anew before the next attempt.</summary>
    public void Forget() => _head = null;

    /// <summary>Gives the connection back, until the next append.</summary>
    public ValueTask ReleaseAsync() => appends.ReleaseAsync();

    // What the lost answer said, or of one that is already gone again, nearly.
    private async Task FindPutsAsync(List<PendingEntry> puts, DateTimeOffset at)
    {
        if (puts.Count == 0)
        {
            return;
        }

        var times = await credentials.FindTimesAsync([.. puts.Select(static waiting => waiting.Put!.RowId)], CancellationToken.None);
        foreach (var waiting in puts)
        {
            waiting.Outcome = times.TryGetValue(waiting.Put!.RowId, out var found) ? PutOutcome.Made(found) : PutOutcome.Made(new PutTimes(at, at));
        }
    }

    private async Task<ChainHead> ReadHeadAsync()
    {
        var (head, databaseTime) = await heads.ReadHeadAsync(vault.Genesis, CancellationToken.None);
        clock.Set(databaseTime);
        Meet(head);
        return head;
    }

    // A chain that has become shorter, or another, is one from which entries were removed; or the database was restored. It is said, and goes on in the chain.
    private void Meet(ChainHead head)
    {
        if (_seen is { } seen && (head.Sequence < seen.Sequence || (head.Sequence == seen.Sequence && !head.Is(seen))))
        {
            var reason = string.Create(CultureInfo.InvariantCulture, $"the newest entry was {seen.Sequence}, and is {head.Sequence}");
            telemetry.RolledBack();
            Log.RolledBack(logger, seen.Sequence, head.Sequence);
            queue.TryAdd(new PendingEntry(source.Describe(AuditAction.AuditRollback, AuditOutcome.Failure, reason)));
        }

        See(head);
    }

    private void See(ChainHead head)
    {
        (_head, _seen) = (head, head);
        telemetry.Show(head.Sequence);
    }

    // Their requests are decided anew; the rest of the group is not held up by them.
    private static void LeaveOutStale(EntryGroup group, AppendResult result)
    {
        foreach (var stale in group.TakeOut(IsStale))
        {
            stale.Written.TrySetException(new StaleReadException());
        }

        bool IsStale(PendingEntry waiting) => waiting.Confirmations is { } confirmations
            && ((confirmations.Key is { } key && result.StaleKeys.Contains(key.Id.Value)) || (confirmations.Credential is { } credential && result.StaleCredentials.Contains(credential.RowId)));
    }

    // They are sealed anew, or wait, and come again. After an append whose fate is open they must not: it could be made yet.
    private static void LeaveOutPuts(EntryGroup group, AppendResult result, bool isCertain)
    {
        foreach (var (waiting, outcome) in group.Puts.Zip(result.Puts))
        {
            waiting.Outcome = outcome;
        }

        foreach (var waiting in group.TakeOut(static waiting => waiting.Outcome is not null))
        {
            if (isCertain)
            {
                waiting.Written.TrySetResult(waiting.Outcome);
            }
            else
            {
                waiting.Written.TrySetException(new AuditUnavailableException("It is not known whether the credential was put."));
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Critical, "The audit chain was cut off, or the database was restored: its newest entry was {Before}, and is {Now}")]
        public static partial void RolledBack(ILogger logger, long before, long now);
    }
}
