using Axvault.Api.Audit;
using Axvault.Api.Audit.Chain;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Axvault.Tests.Audit;

/// <summary>Entries are committed before anybody is told so, once each, in one chain, however many servers write and whatever breaks.</summary>
public sealed class AuditWriterTests(VaultGraph graph)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Several_servers_write_one_chain_without_gaps_and_every_entry_once()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var writers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => lab.StartWriterAsync()));

        await Task.WhenAll(Enumerable.Range(0, 2000).Select(number => writers[number % writers.Length].WriteAsync(AuditLab.Entry($"#{number}"))));
        await Task.WhenAll(writers.Select(static writer => writer.StopAsync(CancellationToken)));

        var report = await lab.VerifyAsync();
        Assert.Equal((true, 2000, 2000), (report.Valid, report.Entries, report.LastSequence));
        Assert.Equal(2000, await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(distinct reason) from axvault.audit_entry"));
    }

    [Fact]
    public async Task Servers_that_are_busy_take_turns()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var writers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => lab.StartWriterAsync()));
        var written = new int[writers.Length];
        using var enough = new CancellationTokenSource();

        await Task.WhenAll(writers.Select((writer, server) => Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                await writer.WriteAsync(AuditLab.Entry($"{server}"));
                if (++written[server] == 300)
                {
                    await enough.CancelAsync();
                }
            }
        }, CancellationToken)));
        await Task.WhenAll(writers.Select(static writer => writer.StopAsync(CancellationToken)));

        Assert.All(written, static count => Assert.InRange(count, 150, 300));
        Assert.True((await lab.VerifyAsync()).Valid);
    }

    [Fact]
    public async Task A_server_that_is_paused_in_its_turn_appends_nothing_and_keeps_nobody_out()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var writer = await lab.StartWriterAsync();
        await writer.WriteAsync(AuditLab.Entry("first"));
        await using var paused = lab.OpenAppends();
        using var isHeld = new SemaphoreSlim(0);
        using var goesOn = new SemaphoreSlim(0);

        var append = Task.Run(
            () => paused.AppendInTurnAsync(
                (head, clock) =>
                {
                    isHeld.Release();
                    goesOn.Wait(CancellationToken);
                    return AuditChain.Link(head, [AuditLab.Entry("too late")], lab.Vault.Keys.Current, lab.Vault.Keys.CurrentId, clock);
                },
                [],
                [],
                [],
                CancellationToken),
            CancellationToken);
        await isHeld.WaitAsync(CancellationToken);
        await writer.WriteAsync(AuditLab.Entry("second"));
        goesOn.Release();

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => append);
        await writer.StopAsync(CancellationToken);
        var report = await lab.VerifyAsync();
        Assert.Equal((true, 2), (report.Valid, report.Entries));
    }

    [Fact]
    public async Task A_head_that_is_gone_is_found_anew_in_a_turn_too()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await using var appends = lab.OpenAppends();
        await DatabaseContents.ExecuteAsync(lab.ConnectionString, "delete from axvault.audit_head");

        Assert.Null(await appends.AppendInTurnAsync(static (_, _) => throw new InvalidOperationException("There is no head."), [], [], [], CancellationToken));
    }

    [Fact]
    public async Task A_writer_that_has_nothing_to_write_gives_its_connection_back()
    {
        await using var lab = await AuditLab.StartAsync(graph, poolSize: 1);
        var time = new FakeTimeProvider();
        var writer = await lab.StartWriterAsync(time);
        await writer.WriteAsync(AuditLab.Entry("first"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(lab.OpenAsync);

        // It may not wait yet when the time moves on.
        await Until.HoldsAsync(
            async () =>
            {
                time.Advance(TimeSpan.FromSeconds(30));
                try
                {
                    await using var free = await lab.OpenAsync();
                    return true;
                }
                catch (OperationCanceledException)
                {
                    return false;
                }
            },
            "the connection is free");

        await writer.WriteAsync(AuditLab.Entry("second"));
        await writer.StopAsync(CancellationToken);
        Assert.Equal(2, await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(*) from axvault.audit_entry"));
    }

    [Fact]
    public async Task What_is_written_at_once_is_committed_together()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var writer = await lab.StartWriterAsync();
        await writer.WriteAsync(AuditLab.Entry("first"));
        var before = await CommitsAsync(lab);

        await Task.WhenAll(Enumerable.Range(0, 400).Select(number => writer.WriteAsync(AuditLab.Entry($"#{number}"))));
        await writer.StopAsync(CancellationToken);

        Assert.InRange(await CommitsAsync(lab) - before, 1, 40);
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task Connections_that_are_cut_lose_and_double_nothing()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var writers = await Task.WhenAll(lab.StartWriterAsync(), lab.StartWriterAsync());
        using var stop = new CancellationTokenSource();
        var cutter = CutAsync(lab, stop.Token);
        var written = 0;
        var unwritten = 0;

        await Parallel.ForEachAsync(Enumerable.Range(0, 600), new ParallelOptions { MaxDegreeOfParallelism = 20, CancellationToken = CancellationToken }, async (number, _) =>
        {
            await Task.Delay(50, CancellationToken);
            try
            {
                await writers[number % 2].WriteAsync(AuditLab.Entry($"#{number}"));
                Interlocked.Increment(ref written);
            }
            catch (AuditUnavailableException)
            {
                // Nothing watches over these writers: what blocks one is tried away here.
                Interlocked.Increment(ref unwritten);
                await writers[number % 2].ProbeAsync();
            }
        });
        await stop.CancelAsync();
        await cutter;
        await Task.WhenAll(writers.Select(static writer => writer.StopAsync(CancellationToken)));

        Assert.True((await lab.VerifyAsync()).Valid);
        Assert.Equal(0, await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(*) from (select reason from axvault.audit_entry where reason like '#%' group by reason having count(*) > 1) as doubled"));
        Assert.InRange(
            await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(*) from axvault.audit_entry where reason like '#%'"), written, written + unwritten);
        Assert.InRange(written, 100, 600);
    }

    [Fact]
    public async Task A_commit_whose_answer_was_lost_is_not_made_again()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var writer = await lab.StartWriterAsync();
        await writer.WriteAsync(AuditLab.Entry("before"));

        // The commit stands, and the connection breaks in the same moment.
        await lab.ExecuteAsync(
            """
            create function axvault.cut_off() returns trigger language plpgsql as $$
            begin
              if new.seq = 2 then perform pg_terminate_backend(pg_backend_pid()); end if;
              return new;
            end $$
            """);
        await lab.ExecuteAsync("create constraint trigger cut_off after update on axvault.audit_head deferrable initially deferred for each row execute function axvault.cut_off()");
        await Assert.ThrowsAsync<AuditUnavailableException>(() => writer.WriteAsync(AuditLab.Entry("cut")));
        await lab.ExecuteAsync("drop trigger cut_off on axvault.audit_head");
        Assert.True(await writer.ProbeAsync());
        await writer.WriteAsync(AuditLab.Entry("after"));
        await writer.StopAsync(CancellationToken);

        Assert.Equal((true, 3), ((await lab.VerifyAsync()).Valid, (await lab.VerifyAsync()).Entries));
    }

    [Fact]
    public async Task A_note_is_moved_once_however_many_servers_move_it()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var writers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => lab.StartWriterAsync()));
        var notes = Enumerable.Range(0, 50).Select(number => lab.Vault.Note(AuditLab.Entry($"note {number}"))).ToList();
        foreach (var note in notes)
        {
            await lab.Notes.WriteAsync(note, CancellationToken);
        }

        await Task.WhenAll(notes.SelectMany(note => writers.Select(writer => writer.MoveAsync(note))));
        await Task.WhenAll(writers.Select(static writer => writer.StopAsync(CancellationToken)));

        Assert.Equal((true, 50), ((await lab.VerifyAsync()).Valid, (await lab.VerifyAsync()).Entries));
        Assert.Equal(0, await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(*) from axvault.audit_noted"));
    }

    [Fact]
    public async Task A_chain_that_became_shorter_is_noticed_by_whoever_knew_it_longer()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var writer = await lab.StartWriterAsync();
        await writer.WriteAsync(AuditLab.Entry("1"));
        await writer.WriteAsync(AuditLab.Entry("2"));
        await lab.ExecuteAsync("delete from axvault.audit_entry where seq = 2");
        await lab.ExecuteAsync("update axvault.audit_head set (seq, at, mac) = (select seq, at, mac from axvault.audit_entry where seq = 1)");

        await writer.WriteAsync(AuditLab.Entry("3"));
        await writer.StopAsync(CancellationToken);

        Assert.Equal(1, await DatabaseContents.ScalarAsync<long>(
            lab.ConnectionString, "select count(*) from axvault.audit_entry where action = 'audit.rollback' and outcome = 'failure' and reason = 'the newest entry was 2, and is 1'"));
    }

    private static async Task<long> CommitsAsync(AuditLab lab) =>
        await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(distinct xmin::text) from axvault.audit_entry");

    private static async Task CutAsync(AuditLab lab, CancellationToken cancellationToken)
    {
        await using var connection = await DatabaseContents.OpenAsync(lab.ConnectionString);
        while (!cancellationToken.IsCancellationRequested)
        {
            await using var command = new NpgsqlCommand("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()", connection);
            await command.ExecuteNonQueryAsync(CancellationToken.None);
            await Task.Delay(150, CancellationToken.None);
        }
    }
}
