using Axvault.Api.Audit;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Microsoft.Extensions.Time.Testing;

namespace Axvault.Tests.Audit;

/// <summary>Several servers append entries to lanes of their own, each once, before they report success. Cut connections change nothing.</summary>
public sealed class AuditWriterTests(VaultGraph graph)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Several_servers_append_without_gaps_and_every_entry_once()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        AuditServer[] servers = [lab.Server, await lab.StartServerAsync(), await lab.StartServerAsync()];

        await Task.WhenAll(Enumerable.Range(0, 1500).Select(number => servers[number % servers.Length].WriteAsync($"#{number}")));

        var report = await lab.VerifyAsync();
        Assert.Equal((true, 1500, 3), (report.Valid, report.Entries, report.Lanes));
        Assert.Equal(1500, await lab.ScalarAsync<long>("select count(distinct reason) from axvault.audit_entry"));
    }

    [Fact]
    public async Task An_entry_is_committed_before_its_caller_hears()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await lab.Server.WriteAsync("first");
        Task written;
        await using (var holder = await DatabaseContents.OpenAsync(lab.ConnectionString))
        await using (var transaction = await holder.BeginTransactionAsync(CancellationToken))
        {
            await using var hold = new Npgsql.NpgsqlCommand("select from axvault.lane for update", holder, transaction);
            await hold.ExecuteNonQueryAsync(CancellationToken);
            written = lab.Server.WriteAsync("second");
            await Until.HoldsAsync(
                async () => await lab.CountAsync("pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") > 0,
                "the append waits for the lane"
            );

            Assert.False(written.IsCompleted);
        }

        await written;
        Assert.Equal(1, await lab.CountAsync("axvault.audit_entry where reason = 'second'"));
    }

    [Fact]
    public async Task Concurrent_entries_are_committed_together()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await lab.Server.WriteAsync("first");

        await Task.WhenAll(Enumerable.Range(0, 400).Select(number => lab.Server.WriteAsync($"#{number}")));

        Assert.InRange(await lab.ScalarAsync<long>("select count(distinct xmin::text) from axvault.audit_entry"), 2, 41);
    }

    [Fact]
    public async Task A_server_stopped_for_long_appends_to_a_new_lane()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var other = await lab.StartServerAsync();
        await lab.Server.WriteAsync("before");
        await lab.Server.PutAsync("before");
        await lab.ExecuteAsync("update axvault.lane set opened_at = opened_at - interval '2 minutes'");
        await lab.ExecuteAsync("delete from axvault.server where id = $1", lab.Server.Vault.Server.Id);
        await other.CheckpointAsync();
        Assert.Equal(0, await lab.CountAsync("axvault.lane"));

        await lab.Server.WriteAsync("after");

        var report = await lab.VerifyAsync();
        Assert.Equal((true, 3, 3), (report.Valid, report.Entries, report.Lanes));
        Assert.Equal(0, await lab.CountAsync("axvault.audit_entry where action = 'audit.rollback'"));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task Lanes_of_a_present_or_young_server_stay_open(bool isOld, bool isGone)
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var other = await lab.StartServerAsync();
        await lab.Server.WriteAsync("before");
        if (isOld)
        {
            await lab.ExecuteAsync("update axvault.lane set opened_at = opened_at - interval '2 minutes'");
        }

        if (isGone)
        {
            await lab.ExecuteAsync("delete from axvault.server where id = $1", lab.Server.Vault.Server.Id);
        }

        await other.CheckpointAsync();

        Assert.Equal(1, await lab.CountAsync("axvault.lane"));
    }

    [Fact]
    public async Task A_stopped_server_closes_its_lanes()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await lab.Server.WriteAsync("a read");
        await lab.Server.PutAsync("a");

        await lab.Server.StopAsync();

        Assert.Equal((0, 2), (await lab.CountAsync("axvault.lane"), await lab.CountAsync("axvault.checkpoint_lane where event = 'closed'")));
        Assert.Equal((true, 2), ((await lab.VerifyAsync()).Valid, (await lab.VerifyAsync()).Lanes));
    }

    [Fact]
    public async Task Checkpoints_record_only_lanes_that_have_moved()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await lab.Server.WriteAsync("1");
        await lab.AppendAsync(3);

        await lab.Server.CheckpointAsync();
        await lab.Server.WriteAsync("2");
        await lab.Server.CheckpointAsync();
        await lab.Server.CheckpointAsync();

        Assert.Equal(
            "3/2 1/1 2/1",
            await lab.ScalarAsync<string>(
                """
                select string_agg(sequence || '/' || lane, ' ' order by number, lane desc) from axvault.checkpoint_lane where event = 'moved'
                """
            )
        );
    }

    [Fact]
    public async Task A_group_whose_answer_was_lost_is_not_appended_again()
    {
        await using var way = new LostAnswers();
        await using var lab = await AuditLab.StartAsync(graph, way.StartFor);
        await lab.Server.WriteAsync("before");

        way.LoseAnswerTo("the lost one");
        await lab.Server.WriteAsync("the lost one");
        await lab.Server.WriteAsync("after");

        Assert.True(way.HasLost);
        Assert.Equal((true, 3), ((await lab.VerifyAsync()).Valid, (await lab.VerifyAsync()).Entries));
    }

    [Fact]
    public async Task Cut_connections_lose_and_duplicate_no_entry()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        AuditServer[] servers = [lab.Server, await lab.StartServerAsync()];
        var (written, unwritten, isDone) = (0, 0, false);
        var cutter = CutAsync(lab, () => Volatile.Read(ref isDone));

        await Parallel.ForEachAsync(
            Enumerable.Range(0, 600),
            new ParallelOptions { MaxDegreeOfParallelism = 20, CancellationToken = CancellationToken },
            async (number, _) =>
            {
                try
                {
                    await servers[number % 2].WriteAsync($"#{number}");
                    Interlocked.Increment(ref written);
                }
                catch (AuditUnavailableException)
                {
                    // These servers have no background probe, so the test probes for them.
                    Interlocked.Increment(ref unwritten);
                    await servers[number % 2].Writer.MaintainAsync();
                }
            }
        );
        Volatile.Write(ref isDone, true);
        await cutter;

        // The pools of the two servers have cut connections.
        Assert.True((await (await lab.StartServerAsync()).VerifyAsync()).Valid);
        var entries = await lab.CountAsync("axvault.audit_entry where reason like '#%'");
        Assert.Equal(entries, await lab.ScalarAsync<long>("select count(distinct reason) from axvault.audit_entry where reason like '#%'"));
        Assert.InRange(entries, written, written + unwritten);
        Assert.InRange(written, 1, 600);
    }

    [Fact]
    public async Task An_idle_writer_returns_its_connection_to_the_pool()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var time = new FakeTimeProvider();
        var server = await lab.StartServerAsync(AuditLab.Pool(1), time: time);
        await server.WriteAsync("first");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(server.OpenAsync);

        // The writer may not be idle yet when the time advances, so advance it repeatedly.
        await Until.HoldsAsync(
            async () =>
            {
                time.Advance(TimeSpan.FromSeconds(30));
                await server.Writer.MaintainAsync();
                try
                {
                    await using var free = await server.OpenAsync();
                    return true;
                }
                catch (OperationCanceledException)
                {
                    return false;
                }
            },
            "the connection is free"
        );

        await server.WriteAsync("second");
        Assert.Equal(2, await lab.CountAsync("axvault.audit_entry"));
    }

    [Fact]
    public async Task A_note_is_appended_once_when_several_servers_append_it()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        AuditServer[] servers = [lab.Server, await lab.StartServerAsync(), await lab.StartServerAsync()];
        for (var number = 0; number < 20; number++)
        {
            await lab.NoteAsync(lab.Server.Keys.Note(AuditLab.Entry($"note {number}")));
        }

        await Task.WhenAll(servers.Select(server => server.Get<LeftNotes>().AppendAsync(CancellationToken)));

        Assert.Equal((true, 20), ((await lab.VerifyAsync()).Valid, (await lab.VerifyAsync()).Entries));
        Assert.Equal(20, await lab.CountAsync("axvault.audit_entry where reason like 'done at %, recorded late: note %'"));
        Assert.Equal(0, await lab.CountAsync("axvault.audit_note"));
    }

    [Fact]
    public async Task A_forged_note_is_removed_and_reported()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var note = lab.Server.Keys.Note(AuditLab.Entry("true"));
        await lab.NoteAsync(note with { Entry = AuditLab.Entry("forged") });

        await lab.Server.Get<LeftNotes>().AppendAsync(CancellationToken);

        Assert.Equal("audit.forgery", await lab.ScalarAsync<string>("select string_agg(action, ' ') from axvault.audit_entry"));
        Assert.Equal(0, await lab.CountAsync("axvault.audit_note"));
    }

    [Fact]
    public async Task A_forced_change_is_made_with_a_note_while_entries_are_refused()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await lab.PutAsync("before");
        await lab.ExecuteAsync("alter table axvault.audit_entry add constraint none check (reason = '') not valid");

        await lab.Server.Ledger.ForceChangeAsync(
            async change =>
            {
                await AuditServer.RunAsync(change.Transaction, lab.Put("a"));
                await change.CommitAsync(AuditLab.Entry("forced"));
                return true;
            },
            CancellationToken
        );

        Assert.NotNull(await lab.FindAsync("a"));
        Assert.Equal((1, 0), (await lab.CountAsync("axvault.audit_note"), await lab.CountAsync("axvault.audit_entry where reason like '%forced'")));
        await lab.ExecuteAsync("alter table axvault.audit_entry drop constraint none");
        await lab.Server.Writer.MaintainAsync();
        Assert.False(lab.Server.Writer.IsBlocked);
        await lab.Server.Get<LeftNotes>().AppendAsync(CancellationToken);
        Assert.Equal((0, 1), (await lab.CountAsync("axvault.audit_note"), await lab.CountAsync("axvault.audit_entry where reason like '%forced'")));
        Assert.True((await lab.VerifyAsync()).Valid);
    }

    private static async Task CutAsync(AuditLab lab, Func<bool> isDone)
    {
        while (!isDone())
        {
            await lab.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
            await Task.Delay(50, CancellationToken);
        }
    }
}
