using Axvault.Api.Audit;
using Axvault.Api.Chain;
using Axvault.Api.Credentials.Versions;
using Axvault.Api.Stored;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Microsoft.Extensions.Time.Testing;

namespace Axvault.Tests.Audit;

/// <summary>Changes that meet: of the same credential, of the same lane, or in a pool with few connections. Each is made once.</summary>
public sealed class ChangeConflictTests(VaultGraph graph)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Concurrent_puts_and_deletes_of_one_name_are_each_recorded_once()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        AuditServer[] servers = [lab.Server, await lab.StartServerAsync(), await lab.StartServerAsync()];
        var (puts, deletes) = (0, 0);

        await Parallel.ForEachAsync(
            Enumerable.Range(0, 240),
            new ParallelOptions { MaxDegreeOfParallelism = 12, CancellationToken = CancellationToken },
            async (number, _) =>
            {
                var server = servers[number % servers.Length];
                if (number % 4 < 3)
                {
                    await server.PutAsync("same", $"#{number}");
                    Interlocked.Increment(ref puts);
                }
                else if ((await server.DeleteAsync("same", $"#{number}")).State == ChangeState.Made)
                {
                    Interlocked.Increment(ref deletes);
                }
            }
        );
        await lab.Server.PutAsync("same", "last");

        Assert.Equal((180, puts + 1), (puts, (int)await lab.CountAsync("axvault.audit_entry where action = 'credential.put'")));
        Assert.Equal(deletes, await lab.CountAsync("axvault.audit_entry where action = 'credential.delete'"));
        Assert.Equal(puts + deletes + 1, await lab.ScalarAsync<long>("select count(distinct reason) from axvault.audit_entry"));
        // One version is current. Each other one was replaced at a place of its own.
        Assert.Equal(1, await lab.CountAsync("axvault.credential c join axvault.credential_version v on v.id = c.version_id where v.replaced_at is null"));
        Assert.Equal(1, await lab.CountAsync("axvault.credential_version where replaced_at is null"));
        Assert.Equal(0, await lab.CountAsync("(select from axvault.credential_version group by position having count(*) > 1) as doubled"));
        Assert.True((await lab.VerifyAsync()).Valid);
    }

    [Fact]
    public async Task Concurrent_first_puts_of_a_name_become_versions_one_after_the_other()
    {
        await using var lab = await AuditLab.StartAsync(graph);

        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => lab.PutAsync("new")));

        Assert.Equal(7, await lab.ScalarAsync<long>("select count(distinct position) from axvault.credential_version"));
        Assert.Equal(1, await lab.CountAsync("axvault.credential_version where replaced_at is null"));
        Assert.Single(made.Select(static version => version.CreatedAt).Distinct());
    }

    [Fact]
    public async Task A_deadlock_between_two_changes_is_resolved_and_both_are_made()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await lab.PutAsync("a");
        await lab.PutAsync("b");
        using var meeting = new Barrier(2);
        var (tries, won) = (0, new TaskCompletionSource());

        await Task.WhenAll(LockBothAsync("a", "b"), LockBothAsync("b", "a"));

        Assert.Equal(3, tries);
        Assert.Equal("a b", await lab.ScalarAsync<string>("select string_agg(reason, ' ' order by reason) from axvault.audit_entry where reason <> 'put'"));
        Assert.True((await lab.VerifyAsync()).Valid);

        async Task LockBothAsync(string first, string second)
        {
            var meets = true;
            await Task.Run(
                () =>
                    lab.Server.Ledger.ChangeAsync(
                        async change =>
                        {
                            Interlocked.Increment(ref tries);
                            await (meets ? Task.CompletedTask : won.Task);
                            await PutStore.LockAsync(change.Transaction, AuditLab.Name(first), CancellationToken);
                            if (meets)
                            {
                                meets = false;
                                meeting.SignalAndWait(CancellationToken);
                            }

                            await PutStore.LockAsync(change.Transaction, AuditLab.Name(second), CancellationToken);
                            await change.CommitAsync(AuditLab.Entry(first));
                            return true;
                        },
                        CancellationToken
                    ),
                CancellationToken
            );
            won.TrySetResult();
        }
    }

    [Theory]
    [InlineData("axvault.audit_entry", 2)]
    [InlineData("axvault.credential_version", 2)]
    public async Task A_change_is_made_again_after_a_serialization_failure(string table, int failures)
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await FailAsync(lab, table, failures);

        await lab.PutAsync("a");

        Assert.NotNull(await lab.FindAsync("a"));
        Assert.Equal(failures + 1, await lab.ScalarAsync<long>("select last_value from axvault.failures"));
        Assert.Equal((true, 1), ((await lab.VerifyAsync()).Valid, (await lab.VerifyAsync()).Entries));
    }

    [Fact]
    public async Task A_change_that_conflicts_three_times_is_refused_and_leaves_nothing()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await FailAsync(lab, "axvault.audit_entry", 3);

        await Assert.ThrowsAsync<AuditUnavailableException>(() => lab.PutAsync("a"));

        Assert.Null(await lab.FindAsync("a"));
        await lab.PutAsync("a");
        Assert.Equal((true, 1), ((await lab.VerifyAsync()).Valid, (await lab.VerifyAsync()).Entries));
    }

    [Fact]
    public async Task A_change_that_waited_for_a_lane_is_made_again_after_a_conflict()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var time = new FakeTimeProvider();
        var server = await lab.StartServerAsync(time: time);
        var lanes = server.Get<LanePool>();
        List<LaneHead> lent = [];
        while (lent.Count < LanePool.MaxLanes)
        {
            lent.Add(await lanes.RentAsync(CancellationToken));
        }

        await FailAsync(lab, "axvault.audit_entry", 1);
        var put = server.PutAsync("a");
        time.Advance(TimeSpan.FromSeconds(4));
        lanes.Return(lent[0]);
        await put;

        Assert.NotNull(await lab.FindAsync("a"));
    }

    [Fact]
    public async Task A_put_waits_for_a_transaction_that_holds_its_lane()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await lab.PutAsync("first");
        await using var connection = await DatabaseContents.OpenAsync(lab.ConnectionString);
        await using var transaction = await connection.BeginTransactionAsync(CancellationToken);
        await using var hold = connection.CreateCommand();
        hold.CommandText = "select from axvault.lane for update";
        await hold.ExecuteNonQueryAsync(CancellationToken);

        var put = lab.PutAsync("a");
        // Longer than a put waits for the lock of a credential.
        await Until.HoldsAsync(
            async () =>
                put.IsCompleted
                || await lab.CountAsync(
                    "pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and now() - xact_start > interval '200 ms'"
                ) > 0,
            "the put waits"
        );
        await transaction.RollbackAsync(CancellationToken);
        await put;

        Assert.NotNull(await lab.FindAsync("a"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_small_pool_makes_all_concurrent_changes(int size)
    {
        await using var lab = await AuditLab.StartAsync(graph, AuditLab.Pool(size));

        await Task.WhenAll(Enumerable.Range(0, 40).Select(number => lab.PutAsync($"put.{number}")));

        Assert.Equal((true, 40), ((await lab.VerifyAsync()).Valid, (await lab.VerifyAsync()).Entries));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(20)]
    public async Task A_pool_of_any_size_makes_all_changes_when_its_lanes_are_closed(int size)
    {
        await using var lab = await AuditLab.StartAsync(graph, AuditLab.Pool(size));
        var other = await lab.StartServerAsync();
        await lab.PutAsync("first");

        for (var round = 0; round < 3; round++)
        {
            await other.RetireAsync();
            await Task.WhenAll(Enumerable.Range(0, 20).Select(number => lab.PutAsync($"put.{round}.{number}")));
        }

        Assert.Equal(61, await lab.CountAsync("axvault.audit_entry where reason = 'put'"));
        Assert.True((await lab.VerifyAsync()).Valid);
    }

    // Lets the first inserts into a table fail with a serialization failure.
    private static async Task FailAsync(AuditLab lab, string table, int failures)
    {
        await lab.ExecuteAsync("create sequence axvault.failures");
        await lab.ExecuteAsync(
            $"""
            create function axvault.fail() returns trigger language plpgsql as $$
            begin
              if nextval('axvault.failures') <= {failures} then raise exception 'conflict' using errcode = 'serialization_failure'; end if;
              return new;
            end $$
            """
        );
        await lab.ExecuteAsync($"create trigger fail before insert on {table} for each row execute function axvault.fail()");
    }
}
