using Axvault.Api.Audit.Verification;
using Axvault.Api.Chain;
using Axvault.Tests.Harness.Graph;

namespace Axvault.Tests.Audit;

/// <summary>A change of the checkpoints is found by the chain itself, by the entries, by an anchor, or by the key that was retired.</summary>
public sealed class CheckpointVerificationTests(VaultGraph graph)
{
    [Theory]
    [InlineData("update axvault.checkpoint set at = at + interval '1 millisecond' where number = 2", AuditFault.Changed, 2)]
    [InlineData("update axvault.checkpoint set mac = sha256('forged') where number = 2", AuditFault.Changed, 2)]
    [InlineData("update axvault.checkpoint set retired = array[kek_id] where number = 2", AuditFault.Changed, 2)]
    [InlineData("update axvault.checkpoint set kek_id = '\\x0000000000000001' where number = 2", AuditFault.UnknownKey, 2)]
    [InlineData("update axvault.checkpoint_lane set lane = lane + 90 where number = 2", AuditFault.Changed, 2)]
    [InlineData("update axvault.checkpoint_lane set event = 'closed' where number = 2", AuditFault.Changed, 2)]
    [InlineData("update axvault.checkpoint_lane set sequence = sequence + 1 where number = 2", AuditFault.Changed, 2)]
    [InlineData("update axvault.checkpoint_lane set mac = sha256('forged') where number = 2", AuditFault.Changed, 2)]
    [InlineData("delete from axvault.checkpoint_lane where number = 2", AuditFault.Changed, 2)]
    [InlineData("delete from axvault.checkpoint where number = 2", AuditFault.Removed, 2)]
    [InlineData("delete from axvault.checkpoint where number = 1", AuditFault.Removed, 1)]
    [InlineData("delete from axvault.checkpoint where number > 1; delete from axvault.checkpoint_lane where number > 1", AuditFault.Removed, 2)]
    [InlineData(
        "insert into axvault.checkpoint (number, at, kek_id, retired, mac) select 5, at, kek_id, retired, mac from axvault.checkpoint where number = 4",
        AuditFault.Changed,
        5
    )]
    public async Task A_changed_removed_or_forged_checkpoint_is_named(string sql, string fault, long number)
    {
        await using var lab = await StartAsync();
        await lab.ExecuteAsync(sql);

        await IsFaultAsync(lab, fault, number);
    }

    [Fact]
    public async Task Newest_checkpoints_cut_with_their_lanes_are_found_by_an_anchor()
    {
        await using var lab = await StartAsync();
        var anchor = lab.Server.Anchor();
        await CutAsync(lab, 2);
        Assert.True((await lab.VerifyAsync()).Valid);
        await IsFaultAsync(lab, AuditFault.Removed, 3, anchor);

        // The anchor shows the loss after the chain has grown past it again.
        await lab.AppendAsync(1);
        await lab.AppendAsync(1);
        await IsFaultAsync(lab, AuditFault.Changed, 4, anchor);
    }

    [Fact]
    public async Task Newest_checkpoints_cut_with_their_lanes_are_found_by_a_running_server()
    {
        await using var lab = await StartAsync();
        await CutAsync(lab, 2);

        await lab.Server.CheckpointAsync();
        await lab.Server.WriteAsync("next");

        await lab.Server.StopAsync();
        Assert.Equal(
            "the newest checkpoint was 4, and is 2",
            await lab.ScalarAsync<string>("select reason from axvault.audit_entry where action = 'audit.rollback' and outcome = 'failure'")
        );
    }

    [Fact]
    public async Task A_lane_set_back_is_told_by_a_running_server_once()
    {
        await using var lab = await StartAsync();
        await lab.ExecuteAsync(
            "update axvault.lane l set (sequence, at, mac) = (select e.sequence, e.at, e.mac from axvault.audit_entry e where lane = 1 and e.sequence = 1)"
        );

        for (var i = 0; i < 3; i++)
        {
            await lab.Server.CheckpointAsync();
        }

        await lab.Server.StopAsync();
        Assert.Equal(1, await lab.CountAsync("axvault.audit_entry where action = 'audit.rollback'"));
    }

    [Fact]
    public async Task A_removed_ledger_is_found_by_an_anchor()
    {
        await using var lab = await StartAsync();
        var anchor = lab.Server.Anchor();
        await lab.ExecuteAsync("truncate axvault.audit_entry, axvault.lane, axvault.checkpoint, axvault.checkpoint_lane");
        Assert.True((await lab.VerifyAsync()).Valid);

        await IsFaultAsync(lab, AuditFault.Removed, 1, anchor);
    }

    [Fact]
    public async Task An_anchor_of_another_vault_is_recognized()
    {
        await using var lab = await StartAsync();
        await using var other = await StartAsync();

        await IsFaultAsync(lab, AuditFault.ForeignAnchor, 4, other.Server.Anchor());
    }

    [Fact]
    public async Task The_ledger_of_another_vault_is_not_accepted()
    {
        await using var lab = await StartAsync();
        await using var another = await StartAsync();
        await lab.ExecuteAsync("truncate axvault.server");
        await lab.ExecuteAsync("update axvault.vault set salt = $1", await another.ScalarAsync<byte[]>("select salt from axvault.vault"));
        await lab.ExecuteAsync(
            "update axvault.kek set kek_id = $1, check_value = $2",
            await another.ScalarAsync<byte[]>("select kek_id from axvault.kek"),
            await another.ScalarAsync<byte[]>("select check_value from axvault.kek")
        );
        var other = await lab.StartServerAsync();

        Assert.Equal(AuditFault.UnknownKey, (await other.VerifyAsync()).Fault);
    }

    [Fact]
    public async Task A_rotated_ledger_is_valid_with_and_without_the_old_key()
    {
        await using var lab = await StartAsync();
        var rotated = await lab.RotateAsync();
        await rotated.WriteAsync("after");
        await rotated.PutAsync("after");
        var alone = await lab.StartServerAsync(key: AuditLab.NewKey);

        Assert.True((await rotated.VerifyAsync()).Valid);
        Assert.True((await alone.VerifyAsync(rotated.Anchor())).Valid);
    }

    [Fact]
    public async Task An_entry_with_a_retired_key_in_an_open_lane_is_named()
    {
        await using var lab = await StartAsync();
        var old = lab.Server.Keys.Keys;
        var rotated = await lab.RotateAsync();
        var lane = await lab.History.AppendAsync(await lab.History.OpenAsync(keys: rotated.Keys.Keys), 2, keys: rotated.Keys.Keys);
        Assert.True((await rotated.VerifyAsync()).Valid);

        await lab.History.AppendAsync(lane, 1, keys: old);

        var report = await rotated.VerifyAsync();
        Assert.Equal((AuditFault.RetiredKey, lane.Lane, 3), (report.Fault, report.Lane, report.Sequence));
    }

    [Fact]
    public async Task A_checkpoint_with_a_retired_key_is_named()
    {
        await using var lab = await StartAsync();
        var old = lab.Server.Keys.Keys;
        var rotated = await lab.RotateAsync();
        await lab.History.OpenAsync(keys: old);

        var report = await rotated.VerifyAsync();

        Assert.Equal((AuditFault.RetiredKey, 7), (report.Fault, report.Checkpoint));
    }

    [Theory]
    [InlineData(0, AuditFault.Removed, 5)]
    [InlineData(1, AuditFault.Removed, 6)]
    [InlineData(2, AuditFault.RetiredKey, 6)]
    [InlineData(3, AuditFault.RetiredKey, 6)]
    public async Task A_ledger_cut_before_the_retirement_is_named(int forged, string fault, long number)
    {
        await using var lab = await StartAsync();
        var old = lab.Server.Keys.Keys;
        var rotated = await lab.RotateAsync();
        await lab.ExecuteAsync("delete from axvault.checkpoint where number >= 5");
        await lab.ExecuteAsync("delete from axvault.checkpoint_lane where number >= 5");
        for (var i = 0; i < forged; i++)
        {
            await lab.History.CheckpointAsync([], keys: old);
        }

        var report = await rotated.VerifyAsync();

        Assert.Equal((fault, number), (report.Fault, report.Checkpoint));
    }

    [Fact]
    public async Task A_cut_that_is_sealed_with_a_retired_key_is_not_accepted()
    {
        await using var lab = await StartAsync();
        var old = lab.Server.Keys.Keys;
        var mac = await lab.ScalarAsync<byte[]>("select mac from axvault.checkpoint where number = 4");
        var rotated = await lab.RotateAsync();
        await lab.ExecuteAsync("delete from axvault.audit_entry");

        await lab.History.ForgeCutAsync(new LedgerCut(4, mac, []), old.CurrentId, old.Current.ToArray());

        Assert.Equal(AuditFault.Removed, (await rotated.VerifyAsync()).Fault);
        await rotated.RetireAsync();
        Assert.Equal(AuditFault.Removed, (await rotated.VerifyAsync()).Fault);
    }

    [Fact]
    public async Task A_cut_from_before_a_rotation_is_accepted_after_it()
    {
        await using var lab = await StartAsync();
        await lab.Server.StopAsync();
        var mac = await lab.ScalarAsync<byte[]>("select mac from axvault.checkpoint where number = 4");
        var bases = new LaneBase(1, 6, await lab.ScalarAsync<byte[]>("select mac from axvault.lane"));
        var keys = lab.Server.Keys.Keys;
        await lab.History.ForgeCutAsync(new LedgerCut(4, mac, [bases]), keys.CurrentId, keys.Current.ToArray());
        await lab.ExecuteAsync("delete from axvault.audit_entry");
        Assert.True((await lab.VerifyAsync()).Valid);

        var rotated = await lab.RotateAsync();

        Assert.True((await rotated.VerifyAsync()).Valid);
    }

    // Removes the newest checkpoints, and what was recorded after them, as an attacker does who covers it up.
    private static async Task CutAsync(AuditLab lab, int last)
    {
        await lab.ExecuteAsync($"delete from axvault.checkpoint where number > {last}");
        await lab.ExecuteAsync($"delete from axvault.checkpoint_lane where number > {last}");
        await lab.ExecuteAsync($"delete from axvault.audit_entry where checkpoint > {last} or sequence > {2 * (last - 1)}");
        await lab.ExecuteAsync(
            """
            update axvault.lane set (sequence, at, mac) = (
              select e.sequence, e.at, e.mac from axvault.audit_entry e where e.lane = lane.id order by e.sequence desc limit 1)
            """
        );
    }

    private static async Task IsFaultAsync(AuditLab lab, string fault, long number, params AuditAnchor[] anchors)
    {
        var report = await lab.VerifyAsync(anchors);
        Assert.False(report.Valid);
        Assert.Equal((fault, null, (long?)number), (report.Fault, report.Lane, report.Checkpoint));
        Assert.NotNull(report.Detail);
    }

    // A lane with two entries before each of the checkpoints 2, 3 and 4.
    private async Task<AuditLab> StartAsync()
    {
        var lab = await AuditLab.StartAsync(graph);
        var lane = await lab.History.OpenAsync();
        for (var checkpoint = 2; checkpoint <= 4; checkpoint++)
        {
            lane = await lab.History.AppendAsync(lane, 2);
            await lab.Server.CheckpointAsync();
        }

        return lab;
    }
}
