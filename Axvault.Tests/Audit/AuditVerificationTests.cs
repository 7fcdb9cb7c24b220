using Axvault.Api.Audit.Verification;
using Axvault.Api.Chain;
using Axvault.Tests.Harness.Graph;

namespace Axvault.Tests.Audit;

/// <summary>A change of the ledger without an encryption key is found by verification, which names the lane and the entry.</summary>
public sealed class AuditVerificationTests(VaultGraph graph)
{
    private const int Count = 10;

    private const string SetBack =
        "update axvault.lane l set (sequence, at, mac) = (select e.sequence, e.at, e.mac from axvault.audit_entry e where e.lane = l.id and e.sequence = 7)";

    private const string Columns =
        "at, action, outcome, key_id, key_name, target, client_address, user_agent, request_id, trace_id, reason, server, kek_id, mac";

    private static readonly Dictionary<string, string> Changes = new()
    {
        ["checkpoint"] = "0",
        ["at"] = "at + interval '1 millisecond'",
        ["action"] = "'credential.put'",
        ["outcome"] = "'denied'",
        ["key_id"] = "null",
        ["key_name"] = "'another'",
        ["target"] = "'c.d'",
        ["client_address"] = "null",
        ["user_agent"] = "''",
        ["request_id"] = "'9'",
        ["trace_id"] = "null",
        ["reason"] = "reason || ' '",
        ["server"] = "'other'",
        ["mac"] = "set_byte(mac, 0, get_byte(mac, 0) # 1)",
    };

    [Fact]
    public async Task An_unchanged_ledger_is_intact_and_reports_its_newest_checkpoint()
    {
        await using var lab = await StartAsync();
        await lab.Server.CheckpointAsync();

        var report = await lab.VerifyAsync(lab.Server.Anchor());

        Assert.True(report.Valid);
        Assert.Equal((Count, 1, 2), (report.Entries, report.Lanes, report.LastCheckpoint));
        Assert.Equal(lab.Server.Anchor().ToString(), report.Head);
    }

    [Fact]
    public async Task The_ledger_of_a_new_vault_is_intact_and_empty()
    {
        await using var lab = await AuditLab.StartAsync(graph);

        Assert.Equal((true, 0, 0), ((await lab.VerifyAsync()).Valid, (await lab.VerifyAsync()).Entries, (await lab.VerifyAsync()).LastCheckpoint));
    }

    [Fact]
    public async Task An_entry_with_any_column_changed_is_named()
    {
        await using var lab = await StartAsync();
        foreach (var (column, value) in Changes)
        {
            await lab.ExecuteAsync("create table kept as select * from axvault.audit_entry where sequence = 4");
            await lab.ExecuteAsync($"update axvault.audit_entry set {column} = {value} where sequence = 4");

            await IsFaultAsync(lab, AuditFault.Changed, 4);
            await lab.ExecuteAsync("delete from axvault.audit_entry where sequence = 4");
            await lab.ExecuteAsync("insert into axvault.audit_entry select * from kept");
            await lab.ExecuteAsync("drop table kept");
        }

        Assert.True((await lab.VerifyAsync()).Valid);
        Assert.Equal(
            Changes.Count + 3,
            await lab.CountAsync("information_schema.columns where table_schema = 'axvault' and table_name = 'audit_entry'")
        );
    }

    [Theory]
    [InlineData("update axvault.audit_entry set target = 'x' where sequence = 1", AuditFault.Changed, 1)]
    [InlineData("update axvault.audit_entry set target = 'x' where sequence = 10", AuditFault.Changed, 10)]
    [InlineData("update axvault.audit_entry set sequence = 40 where sequence = 4", AuditFault.Removed, 4)]
    [InlineData("update axvault.audit_entry set kek_id = '\\x0000000000000001' where sequence = 4", AuditFault.UnknownKey, 4)]
    [InlineData("delete from axvault.audit_entry where sequence = 1", AuditFault.Removed, 1)]
    [InlineData("delete from axvault.audit_entry where sequence between 4 and 6", AuditFault.Removed, 4)]
    [InlineData("delete from axvault.audit_entry where sequence > 7", AuditFault.Removed, 8)]
    [InlineData("delete from axvault.audit_entry", AuditFault.Removed, 1)]
    public async Task A_changed_or_removed_entry_is_named(string sql, string fault, long sequence)
    {
        await using var lab = await StartAsync();
        await lab.ExecuteAsync(sql);
        await IsFaultAsync(lab, fault, sequence);
    }

    [Fact]
    public async Task A_removed_entry_is_found_when_the_rest_is_renumbered()
    {
        await using var lab = await StartAsync();
        await lab.ExecuteAsync("delete from axvault.audit_entry where sequence = 4");
        await lab.ExecuteAsync("update axvault.audit_entry set sequence = sequence + 1000 where sequence > 4");
        await lab.ExecuteAsync("update axvault.audit_entry set sequence = sequence - 1001 where sequence > 1000");
        await lab.ExecuteAsync("update axvault.lane set sequence = sequence - 1");

        await IsFaultAsync(lab, AuditFault.Changed, 4);
    }

    [Fact]
    public async Task An_inserted_entry_is_named()
    {
        await using var lab = await StartAsync();
        await lab.ExecuteAsync("update axvault.audit_entry set sequence = sequence + 1000 where sequence >= 4");
        await lab.ExecuteAsync("update axvault.audit_entry set sequence = sequence - 999 where sequence >= 1000");
        await lab.ExecuteAsync(Copy("lane", "4", "3"));
        await lab.ExecuteAsync("update axvault.lane set sequence = sequence + 1");

        await IsFaultAsync(lab, AuditFault.Inserted, 4);
    }

    [Fact]
    public async Task An_entry_forged_after_the_last_is_named()
    {
        await using var lab = await StartAsync();
        await lab.ExecuteAsync(Copy("lane", "11", "10"));
        await lab.ExecuteAsync("update axvault.lane set sequence = 11");

        await IsFaultAsync(lab, AuditFault.Changed, 11);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(10)]
    public async Task A_second_entry_of_a_number_is_named(int sequence)
    {
        await using var lab = await StartAsync();
        await lab.Server.CheckpointAsync();
        await lab.ExecuteAsync("alter table axvault.audit_entry drop constraint audit_entry_pkey");

        // A whole copy, and one with another content under the same MAC.
        await lab.ExecuteAsync(Copy("lane", "sequence", $"{sequence}"));
        Assert.False((await lab.VerifyAsync()).Valid);
        await lab.ExecuteAsync($"update axvault.audit_entry set target = 'forged' where ctid = (select max(ctid) from axvault.audit_entry)");

        Assert.False((await lab.VerifyAsync()).Valid);
        await lab.ExecuteAsync("delete from axvault.audit_entry where target = 'forged'");
        Assert.True((await lab.VerifyAsync()).Valid);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task An_entry_before_the_first_of_its_lane_is_named(int sequence)
    {
        await using var lab = await StartAsync();
        await lab.ExecuteAsync("alter table axvault.audit_entry drop constraint audit_entry_sequence_counts_up");
        await lab.ExecuteAsync(Copy("lane", $"{sequence}", "3"));

        await IsFaultAsync(lab, AuditFault.Inserted, sequence);
    }

    [Fact]
    public async Task A_row_copied_into_another_lane_is_named()
    {
        await using var lab = await StartAsync();
        var other = await lab.History.AppendAsync(await lab.History.OpenAsync(), 3);
        await lab.ExecuteAsync($"delete from axvault.audit_entry where lane = {other.Lane} and sequence = 2");
        await lab.ExecuteAsync(Copy($"{other.Lane}", "2", "2"));

        await IsFaultAsync(lab, AuditFault.Changed, 2, other.Lane);
    }

    [Fact]
    public async Task A_cut_lane_whose_row_was_set_back_is_found_by_the_next_checkpoint()
    {
        await using var lab = await StartAsync();
        await lab.Server.CheckpointAsync();
        await lab.ExecuteAsync("delete from axvault.audit_entry where sequence > 7");
        await IsFaultAsync(lab, AuditFault.Removed, 8);
        await lab.ExecuteAsync(SetBack);

        await IsFaultAsync(lab, AuditFault.Removed, 8);
    }

    [Fact]
    public async Task A_lane_cut_after_the_newest_checkpoint_is_found_by_its_server()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        for (var number = 1; number <= Count; number++)
        {
            await lab.Server.WriteAsync($"entry {number}");
        }

        await lab.ExecuteAsync("delete from axvault.audit_entry where sequence > 7");
        await lab.ExecuteAsync(SetBack);
        Assert.True((await lab.VerifyAsync()).Valid);

        await lab.Server.WriteAsync("next");

        await lab.Server.StopAsync();
        Assert.Equal(
            "the newest entry of lane 1 was 10, and is 7",
            await lab.ScalarAsync<string>("select reason from axvault.audit_entry where action = 'audit.rollback' and outcome = 'failure'")
        );
    }

    [Fact]
    public async Task A_rewritten_lane_is_found_by_a_later_checkpoint()
    {
        await using var lab = await StartAsync();
        await lab.Server.CheckpointAsync();
        await lab.ExecuteAsync("update axvault.lane set sequence = 12, mac = sha256('forged')");

        await IsFaultAsync(lab, AuditFault.Removed, 11);
    }

    [Theory]
    [InlineData("delete from axvault.lane", 11)]
    [InlineData("delete from axvault.audit_entry; delete from axvault.lane", 1)]
    public async Task A_removed_lane_is_named(string sql, long sequence)
    {
        await using var lab = await StartAsync();
        await lab.ExecuteAsync(sql);
        await IsFaultAsync(lab, AuditFault.Removed, sequence);
    }

    [Fact]
    public async Task A_lane_that_was_never_announced_is_named()
    {
        await using var lab = await StartAsync();
        await lab.ExecuteAsync("insert into axvault.lane (id, server, sequence, at, mac) select 99, server, sequence, at, mac from axvault.lane");
        await IsFaultAsync(lab, AuditFault.Inserted, 10, 99);

        await lab.ExecuteAsync("delete from axvault.lane where id = 99");
        await lab.ExecuteAsync(Copy("99", "1", "1"));
        await IsFaultAsync(lab, AuditFault.Inserted, 1, 99);
    }

    [Fact]
    public async Task A_closed_lane_that_is_open_again_is_named()
    {
        await using var lab = await StartAsync();
        await lab.ExecuteAsync("create table kept as select * from axvault.lane");
        await lab.History.CloseAsync(await HeadAsync(lab));
        Assert.True((await lab.VerifyAsync()).Valid);

        await lab.ExecuteAsync("insert into axvault.lane select * from kept");

        await IsFaultAsync(lab, AuditFault.Inserted, 10);
    }

    [Fact]
    public async Task A_month_dropped_by_hand_is_named()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var old = new DateTimeOffset(2025, 1, 15, 0, 0, 0, TimeSpan.Zero);
        var lane = await lab.History.AppendAsync(await lab.History.OpenAsync(old), 5, old);
        await lab.History.AppendAsync(lane, 5, old.AddMonths(1));
        Assert.True((await lab.VerifyAsync()).Valid);

        await lab.ExecuteAsync("drop table axvault.audit_entry_202501");

        await IsFaultAsync(lab, AuditFault.Removed, 1);
    }

    [Fact]
    public async Task A_mac_of_any_length_is_reported_as_a_change()
    {
        await using var lab = await StartAsync();
        await lab.ExecuteAsync("alter table axvault.audit_entry drop constraint audit_entry_mac_is_32_bytes");
        await lab.ExecuteAsync("update axvault.audit_entry set mac = convert_to(repeat('x', 5000), 'UTF8') where sequence = 4");

        await IsFaultAsync(lab, AuditFault.Changed, 4);
    }

    // Copies an entry of the first lane into a place.
    private static string Copy(string lane, string sequence, string from) =>
        $"""
        insert into axvault.audit_entry (lane, sequence, checkpoint, {Columns})
        select {lane}, {sequence}, checkpoint, {Columns} from axvault.audit_entry where lane = 1 and sequence = {from}
        """;

    private static async Task<LaneHead> HeadAsync(AuditLab lab) =>
        (await lab.Entries.ReadAsync(new Axvault.Api.Audit.Reading.AuditQuery { Limit = 1 }, TestContext.Current.CancellationToken).SingleAsync()).ToHead();

    private static async Task IsFaultAsync(AuditLab lab, string fault, long sequence, long lane = 1)
    {
        var report = await lab.VerifyAsync();
        Assert.False(report.Valid);
        Assert.Equal((fault, (long?)lane, (long?)sequence), (report.Fault, report.Lane, report.Sequence));
        Assert.NotNull(report.Detail);
    }

    private async Task<AuditLab> StartAsync()
    {
        var lab = await AuditLab.StartAsync(graph);
        await lab.AppendAsync(Count);
        return lab;
    }
}
