using Axvault.Api.Audit;
using Axvault.Api.Credentials;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;
using Npgsql;

namespace Axvault.Tests.Audit;

/// <summary>Credentials are put in the commit of their entries: both are there or neither, once, and what one put meets is no concern of the others.</summary>
public sealed class AuditPutTests(VaultGraph graph)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Puts_are_committed_together_each_with_its_entry_and_without_a_note()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var writer = await lab.StartWriterAsync();
        var puts = Enumerable.Range(0, 200).Select(number => lab.Put($"put.{number}")).ToList();

        var outcomes = await TogetherAsync(lab, writer, [.. puts.Select(put => (Func<Task<PutOutcome>>)(() => writer.PutAsync(AuditLab.Entry(put), put)))]);
        await writer.StopAsync(CancellationToken);

        Assert.All(outcomes, static outcome => Assert.True(outcome.IsMade));
        Assert.Equal(200, await CountAsync(lab, "axvault.credential c join axvault.audit_entry e on e.target = c.name and e.xmin = c.xmin"));
        Assert.InRange(await CountAsync(lab, "(select distinct xmin::text from axvault.credential) as commits"), 1, 3);
        Assert.Equal(0, await CountAsync(lab, "axvault.audit_noted"));
        Assert.Equal((true, 202), ((await lab.VerifyAsync()).Valid, (await lab.VerifyAsync()).Entries));
    }

    [Fact]
    public async Task Puts_of_one_credential_in_one_commit_are_made_in_their_order()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var writer = await lab.StartWriterAsync();
        var first = lab.Put("same");
        var created = (await writer.PutAsync(AuditLab.Entry(first), first)).Times!.CreatedAt;
        var puts = Enumerable.Range(0, 20).Select(number => lab.Put("same", first.RowId, $$"""{"n":{{number}}}""")).ToList();

        var outcomes = await TogetherAsync(lab, writer, [.. puts.Select(put => (Func<Task<PutOutcome>>)(() => writer.PutAsync(AuditLab.Entry(put), put)))]);
        await writer.StopAsync(CancellationToken);

        Assert.All(outcomes, outcome => Assert.Equal(created, outcome.Times!.CreatedAt));
        Assert.Equal(outcomes.Select(static outcome => outcome.Times!.UpdatedAt).Order(), outcomes.Select(static outcome => outcome.Times!.UpdatedAt));
        Assert.Equal((21, outcomes[^1].Times!, """{"n":19}"""), await lab.ReadAsync("same"));
        Assert.Equal(21, await CountAsync(lab, "axvault.audit_entry where action = 'credential.put'"));
    }

    [Fact]
    public async Task Of_two_puts_that_make_the_same_name_at_once_one_makes_it_and_the_other_is_told_to_come_again()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var writer = await lab.StartWriterAsync();
        var (one, other) = (lab.Put("twin"), lab.Put("twin"));

        var outcomes = await TogetherAsync(lab, writer, [() => writer.PutAsync(AuditLab.Entry(one), one), () => writer.PutAsync(AuditLab.Entry(other), other)]);
        Assert.Equal([true, false], outcomes.Select(static outcome => outcome.IsMade));
        Assert.Equal(PutOutcome.Busy, outcomes[1]);

        Assert.Equal(one.RowId, (await writer.PutAsync(AuditLab.Entry(other), other)).Row!.Id);
        await writer.StopAsync(CancellationToken);
        Assert.Equal(1, await CountAsync(lab, "axvault.audit_entry where action = 'credential.put'"));
    }

    [Fact]
    public async Task A_put_whose_row_is_another_writes_nothing_and_is_told_which_it_is_and_the_rest_is_written()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var writer = await lab.StartWriterAsync();
        var there = lab.Put("there");
        await writer.PutAsync(AuditLab.Entry(there), there);
        var (taken, gone, renewed, right) = (lab.Put("there"), lab.Put("gone", Guid.CreateVersion7()), lab.Put("there", Guid.CreateVersion7()), lab.Put("right"));
        var read = AuditLab.Entry("a read");

        var outcomes = await TogetherAsync(
            lab,
            writer,
            [
                () => writer.PutAsync(AuditLab.Entry(taken), taken),
                () => writer.PutAsync(AuditLab.Entry(gone), gone),
                () => writer.PutAsync(AuditLab.Entry(renewed), renewed),
                () => writer.PutAsync(AuditLab.Entry(right), right),
                async () =>
                {
                    await writer.WriteAsync(read);
                    return PutOutcome.Busy;
                },
            ]);
        await writer.StopAsync(CancellationToken);

        // Those that are sealed for another row than the first one of the group are not even tried.
        Assert.Equal((true, there.RowId), (outcomes[0].IsMoved, outcomes[0].Row!.Id));
        Assert.Equal((true, null), (outcomes[1].IsMoved, outcomes[1].Row));
        Assert.Equal(PutOutcome.Busy, outcomes[2]);
        Assert.True(outcomes[3].IsMade);
        Assert.Equal(1, (await lab.ReadAsync("there")).Version);
        Assert.Equal(
            "put put a read",
            await DatabaseContents.ScalarAsync<string>(lab.ConnectionString, "select string_agg(reason, ' ' order by seq) from axvault.audit_entry where reason <> 'held'"));
    }

    [Theory]
    [InlineData("select from axvault.credential where name = 'held' for update")]
    [InlineData("update axvault.credential set refresh_seq = refresh_seq + 1 where name = 'held'")]
    [InlineData("delete from axvault.credential where name = 'held'")]
    [InlineData("insert into axvault.credential (id, name, type, envelope, version, created_at, updated_at) select gen_random_uuid(), 'made', type, envelope, 1, now(), now() from axvault.credential where name = 'held'")]
    public async Task Nobody_waits_for_a_credential_that_somebody_holds(string sql)
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var (writer, other) = (await lab.StartWriterAsync(), await lab.StartWriterAsync());
        var first = lab.Put("held");
        await writer.PutAsync(AuditLab.Entry(first), first);
        var put = sql.StartsWith("insert", StringComparison.Ordinal) ? lab.Put("made") : lab.Put("held", first.RowId);

        await using (var holder = await DatabaseContents.OpenAsync(lab.ConnectionString))
        await using (await holder.BeginTransactionAsync(CancellationToken))
        {
            await using var hold = new NpgsqlCommand(sql, holder);
            await hold.ExecuteNonQueryAsync(CancellationToken);

            var outcomes = await TogetherAsync(lab, writer, [() => writer.PutAsync(AuditLab.Entry(put), put), () => PutNewAsync(writer, lab, "beside"), () => PutNewAsync(other, lab, "elsewhere")]);

            Assert.Equal(PutOutcome.Busy, outcomes[0]);
            Assert.True(outcomes[1].IsMade && outcomes[2].IsMade);
            Assert.Equal(PutOutcome.Busy, await writer.PutAsync(AuditLab.Entry(put), put));
        }

        Assert.True((await writer.PutAsync(AuditLab.Entry(put), put)).IsMade);
        await writer.StopAsync(CancellationToken);
        await other.StopAsync(CancellationToken);
        Assert.True((await lab.VerifyAsync()).Valid);
    }

    [Theory]
    [InlineData("too long", PostgresErrorCodes.CheckViolation)]
    [InlineData("no text", PostgresErrorCodes.CharacterNotInRepertoire)]
    [InlineData("no room", PostgresErrorCodes.DiskFull)]
    [InlineData("refused", PostgresErrorCodes.RaiseException)]
    public async Task A_put_that_the_database_refuses_fails_alone(string notes, string sqlState)
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await lab.ExecuteAsync(
            """
            create function axvault.poison() returns trigger language plpgsql as $$
            begin
              if new.notes = 'no room' then raise exception 'could not extend the file' using errcode = 'disk_full'; end if;
              if new.notes = 'refused' then raise exception 'not this one'; end if;
              return new;
            end $$
            """);
        await lab.ExecuteAsync("create trigger poison before insert on axvault.credential for each row execute function axvault.poison()");
        var writer = await lab.StartWriterAsync();
        var poison = lab.Put("poison", notes: notes switch { "too long" => new string('x', 5000), "no text" => "a\0", _ => notes });
        var puts = Enumerable.Range(0, 20).Select(number => number == 7 ? poison : lab.Put($"put.{number}")).ToList();

        var outcomes = await TogetherAsync(
            lab,
            writer,
            [
                .. puts.Select(put => (Func<Task<PutOutcome>>)(async () =>
                {
                    try
                    {
                        return await writer.PutAsync(AuditLab.Entry(put), put);
                    }
                    catch (PostgresException exception) when (exception.SqlState == sqlState && put == poison)
                    {
                        return PutOutcome.Moved(null);
                    }
                })),
                async () =>
                {
                    await writer.WriteAsync(AuditLab.Entry("a read"));
                    return PutOutcome.Busy;
                },
            ]);
        await writer.WriteAsync(AuditLab.Entry("after"));
        await writer.StopAsync(CancellationToken);

        Assert.Equal((19, true), (outcomes.Count(static outcome => outcome.IsMade), outcomes[7].IsMoved));
        Assert.Equal(19, await CountAsync(lab, "axvault.credential c join axvault.audit_entry e on e.target = c.name"));
        Assert.Equal(0, await CountAsync(lab, "axvault.audit_entry where target = 'poison'"));
        Assert.True((await lab.VerifyAsync()).Valid);
    }

    [Fact]
    public async Task A_put_whose_answer_was_lost_is_made_once_and_answered_with_its_times()
    {
        await using var way = new LostAnswers();
        await using var lab = await AuditLab.StartAsync(graph, way: way.Lead);
        var writer = await lab.StartWriterAsync();
        var first = lab.Put("lost");
        var created = (await writer.PutAsync(AuditLab.Entry(first), first)).Times!.CreatedAt;
        var (made, replaced) = (lab.Put("found"), lab.Put("lost", first.RowId, """{"apiKey":"sk-2"}"""));

        way.LoseAnswerTo("found");
        var outcomes = await TogetherAsync(lab, writer, [() => writer.PutAsync(AuditLab.Entry(made), made), () => writer.PutAsync(AuditLab.Entry(replaced), replaced)]);
        await writer.StopAsync(CancellationToken);

        Assert.True(way.HasLost);
        Assert.Equal((1, outcomes[0].Times!), ((await lab.ReadAsync("found")).Version, (await lab.ReadAsync("found")).Times));
        Assert.Equal((2, outcomes[1].Times!, """{"apiKey":"sk-2"}"""), await lab.ReadAsync("lost"));
        Assert.Equal(created, outcomes[1].Times!.CreatedAt);
        Assert.Equal(3, await CountAsync(lab, "axvault.audit_entry where action = 'credential.put'"));
        Assert.True((await lab.VerifyAsync()).Valid);
    }

    [Fact]
    public async Task A_group_is_bounded_by_what_it_puts()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var writer = await lab.StartWriterAsync();
        var data = $$"""{"apiKey":"{{new string('x', EntryGroup.MaxBytes * 2 / 5)}}"}""";

        var outcomes = await TogetherAsync(lab, writer, [.. Enumerable.Range(0, 6).Select(number => (Func<Task<PutOutcome>>)(() => PutNewAsync(writer, lab, $"large.{number}", data)))]);
        await writer.StopAsync(CancellationToken);

        Assert.All(outcomes, static outcome => Assert.True(outcome.IsMade));
        Assert.Equal(3, await CountAsync(lab, "(select distinct xmin::text from axvault.credential) as commits"));
    }

    [Fact]
    public async Task Several_servers_put_the_same_credentials_and_none_gets_lost_or_made_twice()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var writers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => lab.StartWriterAsync()));
        var rows = new Dictionary<string, Guid>();
        foreach (var name in new[] { "a", "b", "c", "d" })
        {
            var put = lab.Put(name);
            await writers[0].PutAsync(AuditLab.Entry(put), put);
            rows.Add(name, put.RowId);
        }

        await Task.WhenAll(Enumerable.Range(0, 240).Select(async number =>
        {
            var name = rows.Keys.ElementAt(number % rows.Count);
            var put = lab.Put(name, rows[name]);
            while (await writers[number % writers.Length].PutAsync(AuditLab.Entry(put), put) is { IsMade: false } outcome)
            {
                put = outcome.IsMoved ? put with { Replaces = outcome.Row } : put;
                await Task.Delay(1, CancellationToken);
            }
        }));
        await Task.WhenAll(writers.Select(static writer => writer.StopAsync(CancellationToken)));

        Assert.Equal(244, await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select sum(version)::bigint from axvault.credential"));
        Assert.Equal(244, await CountAsync(lab, "axvault.audit_entry where action = 'credential.put'"));
        Assert.True((await lab.VerifyAsync()).Valid);
    }

    private static Task<PutOutcome> PutNewAsync(AuditWriter writer, AuditLab lab, string name, string data = "{}")
    {
        var put = lab.Put(name, data: data);
        return writer.PutAsync(AuditLab.Entry(put), put);
    }

    private static Task<long> CountAsync(AuditLab lab, string from) => DatabaseContents.ScalarAsync<long>(lab.ConnectionString, $"select count(*) from {from}");

    // While the head is locked, the commit of an entry is under way, and what comes gathers behind it.
    private static async Task<PutOutcome[]> TogetherAsync(AuditLab lab, AuditWriter writer, IReadOnlyList<Func<Task<PutOutcome>>> puts)
    {
        // There is no head before the first entry.
        await writer.WriteAsync(AuditLab.Entry("held"));
        Task held;
        Task<PutOutcome[]> all;
        await using (var holder = await DatabaseContents.OpenAsync(lab.ConnectionString))
        await using (await holder.BeginTransactionAsync(CancellationToken))
        {
            await using var hold = new NpgsqlCommand("select from axvault.audit_head for update", holder);
            await hold.ExecuteNonQueryAsync(CancellationToken);
            held = writer.WriteAsync(AuditLab.Entry("held"));
            await Until.HoldsAsync(
                async () => await CountAsync(lab, "pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") > 0, "the append waits for the head");
            all = Task.WhenAll(puts.Select(static put => put()));
        }

        await held;
        return await all;
    }
}
