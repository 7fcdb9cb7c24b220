using Axvault.Api.Audit;
using Axvault.Api.Stored;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Npgsql;

namespace Axvault.Tests.Audit;

/// <summary>A connection breaks at any step of a change. The change is made once with one entry, or not at all.</summary>
public sealed class ChangeLossTests(VaultGraph graph)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_killed_before_the_append_makes_the_change_again()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await lab.PutAsync("before");
        var tries = 0;
        var put = lab.Put("a");

        await lab.Server.Ledger.ChangeAsync(
            async change =>
            {
                var made = await AuditServer.RunAsync(change.Transaction, put);
                if (++tries == 1)
                {
                    await KillAsync(lab, change.Transaction.Connection!);
                }

                await change.CommitAsync(AuditLab.Entry(put));
                return made;
            },
            CancellationToken
        );

        Assert.Equal(2, tries);
        await IsMadeOnceAsync(lab, put);
    }

    [Fact]
    public async Task A_session_killed_during_the_statements_leaves_nothing()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await lab.PutAsync("before");
        var put = lab.Put("a");

        await Assert.ThrowsAnyAsync<NpgsqlException>(() =>
            lab.Server.Ledger.ChangeAsync(
                async change =>
                {
                    await KillAsync(lab, change.Transaction.Connection!);
                    return await AuditServer.RunAsync(change.Transaction, put);
                },
                CancellationToken
            )
        );

        Assert.Null(await lab.FindAsync("a"));
        Assert.Equal((true, 1), ((await lab.VerifyAsync()).Valid, (await lab.VerifyAsync()).Entries));
        await lab.Server.PutAsync(put);
        await IsMadeOnceAsync(lab, put);
    }

    [Theory]
    [InlineData("create trigger cut_off after update on axvault.lane for each row execute function axvault.cut_off()")]
    [InlineData(
        "create constraint trigger cut_off after update on axvault.lane deferrable initially deferred for each row execute function axvault.cut_off()"
    )]
    public async Task A_session_killed_during_the_append_or_the_commit_makes_the_change_again(string trigger)
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await lab.PutAsync("before");
        await lab.ExecuteAsync("create sequence axvault.cuts");
        await lab.ExecuteAsync(
            """
            create function axvault.cut_off() returns trigger language plpgsql as $$
            begin
              if nextval('axvault.cuts') = 1 then perform pg_terminate_backend(pg_backend_pid()); end if;
              return new;
            end $$
            """
        );
        await lab.ExecuteAsync(trigger);
        var put = lab.Put("a");

        await lab.Server.PutAsync(put);

        Assert.Equal(2, await lab.ScalarAsync<long>("select last_value from axvault.cuts"));
        await IsMadeOnceAsync(lab, put);
    }

    [Fact]
    public async Task A_commit_whose_answer_was_lost_counts_as_made()
    {
        await using var way = new LostAnswers();
        await using var lab = await AuditLab.StartAsync(graph, way.StartFor);
        await lab.PutAsync("before");
        var (put, tries) = (lab.Put("a"), 0);

        way.LoseAnswerTo("the lost one");
        await lab.Server.Ledger.ChangeAsync(
            async change =>
            {
                tries++;
                var made = await AuditServer.RunAsync(change.Transaction, put);
                await change.CommitAsync(AuditLab.Entry(put) with { Reason = "the lost one" });
                return made;
            },
            CancellationToken
        );

        Assert.Equal((true, 1), (way.HasLost, tries));
        await IsMadeOnceAsync(lab, put);
        await lab.PutAsync("after");
        Assert.True((await lab.VerifyAsync()).Valid);
    }

    [Fact]
    public async Task A_lost_commit_counts_as_made_after_its_lane_was_closed()
    {
        await using var way = new LostAnswers();
        await using var lab = await AuditLab.StartAsync(graph, way.StartFor);
        var other = await lab.StartServerAsync();
        await lab.PutAsync("before");
        var put = lab.Put("a");
        await lab.ExecuteAsync("update axvault.lane set opened_at = opened_at - interval '2 minutes'");
        await lab.ExecuteAsync("delete from axvault.server where id = $1", lab.Server.Vault.Server.Id);

        // The settlement waits for the lock of the lane until another server has closed it.
        await using var holder = await DatabaseContents.OpenAsync(lab.ConnectionString);
        way.LoseAnswerTo("the lost one");
        var change = lab.Server.PutAsync(put, AuditLab.Entry(put) with { Reason = "the lost one" });
        await Until.HoldsAsync(async () => await lab.CountAsync("axvault.audit_entry where reason = 'the lost one'") == 1, "the change is committed");
        await other.CheckpointAsync();
        await change;

        Assert.Equal(0, await lab.CountAsync("axvault.lane"));
        await IsMadeOnceAsync(lab, put);
    }

    [Fact]
    public async Task A_change_in_a_closed_lane_is_made_in_a_new_lane()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var other = await lab.StartServerAsync();
        await lab.PutAsync("before");
        await lab.ExecuteAsync("update axvault.lane set opened_at = opened_at - interval '2 minutes'");
        await lab.ExecuteAsync("delete from axvault.server where id = $1", lab.Server.Vault.Server.Id);
        await other.CheckpointAsync();
        Assert.Equal(0, await lab.CountAsync("axvault.lane"));
        var put = lab.Put("a");

        await lab.Server.PutAsync(put);

        Assert.Equal(2, await lab.ScalarAsync<long>("select count(distinct lane) from axvault.audit_entry"));
        await IsMadeOnceAsync(lab, put);
        Assert.Equal(0, await lab.CountAsync("axvault.audit_entry where action = 'audit.rollback'"));
    }

    [Fact]
    public async Task Killed_sessions_lose_no_acknowledged_change_and_double_none()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        AuditServer[] servers = [lab.Server, await lab.StartServerAsync()];
        var (made, isDone) = (0, false);

        var killer = KillAllAsync(lab, () => Volatile.Read(ref isDone));
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 300),
            new ParallelOptions { MaxDegreeOfParallelism = 10, CancellationToken = CancellationToken },
            async (number, _) =>
            {
                try
                {
                    await servers[number % 2].PutAsync($"put.{number}", $"#{number}");
                    Interlocked.Increment(ref made);
                }
                catch (Exception exception) when (exception is AuditUnavailableException or NpgsqlException)
                {
                    await servers[number % 2].Writer.MaintainAsync();
                }
            }
        );
        Volatile.Write(ref isDone, true);
        Assert.True(await killer > 0);

        var entries = await lab.CountAsync("axvault.audit_entry where action = 'credential.put'");
        Assert.Equal(entries, await lab.CountAsync("axvault.credential c join axvault.audit_entry e on e.target = c.name and e.xmin = c.xmin"));
        Assert.InRange(made, 1, entries);
        // The pools of the two servers have killed connections.
        Assert.True((await (await lab.StartServerAsync()).VerifyAsync()).Valid);
    }

    private static async Task IsMadeOnceAsync(AuditLab lab, CredentialPut put)
    {
        Assert.Equal(put.VersionId, (await lab.FindAsync(put.Name.Value))!.Value.Stored.VersionId);
        Assert.Equal(1, await lab.CountAsync($"axvault.audit_entry where target = '{put.Name.Value}'"));
        Assert.Equal(1, await lab.CountAsync($"axvault.credential c join axvault.audit_entry e on e.target = c.name and e.xmin = c.xmin where c.name = 'a'"));
        Assert.True((await lab.VerifyAsync()).Valid);
    }

    private static async Task KillAsync(AuditLab lab, NpgsqlConnection connection)
    {
        var process = connection.ProcessID;
        await lab.ExecuteAsync("select pg_terminate_backend($1)", process);
        await Until.HoldsAsync(async () => await lab.CountAsync($"pg_stat_activity where pid = {process}") == 0, "the session has ended");
    }

    // Returns the number of sessions that were killed.
    private static async Task<long> KillAllAsync(AuditLab lab, Func<bool> isDone)
    {
        var killed = 0L;
        while (!isDone())
        {
            killed += await lab.ScalarAsync<long>(
                """
                select count(pg_terminate_backend(pid)) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
                """
            );
            await Task.Delay(30, CancellationToken);
        }

        return killed;
    }
}
