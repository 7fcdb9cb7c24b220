using Axvault.Api.Audit.Verification;
using Axvault.Api.Chain;
using Axvault.Tests.Harness.Graph;

namespace Axvault.Tests.Audit;

/// <summary>Retention drops whole months with their checkpoints, and the ledger stays verifiable across the cut.</summary>
public sealed class AuditRetentionTests(VaultGraph graph)
{
    private static readonly DateTimeOffset Old = new(2025, 1, 15, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Old_months_are_dropped_with_their_checkpoints_and_each_is_recorded()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await WriteAsync(lab, months: 3);
        var anchor = await AnchorAsync(lab);

        await (await lab.StartServerAsync(days: 90)).RetainAsync();

        Assert.Equal(0, await lab.CountAsync("axvault.audit_entry where at < '2025-04-01'"));
        Assert.Equal(0, await lab.CountAsync("axvault.checkpoint where at < '2025-03-31'"));
        Assert.Equal(
            // The history makes the partition of the month after its last one.
            "2025-01 2025-02 2025-03 2025-04",
            await lab.ScalarAsync<string>(
                "select string_agg(substring(reason from '20[0-9-]+'), ' ' order by sequence) from axvault.audit_entry where action = 'audit.cut'"
            )
        );
        Assert.Equal((true, 4), ((await lab.VerifyAsync(anchor)).Valid, (await lab.VerifyAsync()).Entries));
    }

    [Fact]
    public async Task Nothing_is_dropped_without_a_retention_or_within_it()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await WriteAsync(lab, months: 3);

        await lab.Server.RetainAsync();
        await (await lab.StartServerAsync(days: 36_500)).RetainAsync();

        Assert.Equal((true, 15), ((await lab.VerifyAsync()).Valid, (await lab.VerifyAsync()).Entries));
    }

    [Fact]
    public async Task A_lane_that_goes_on_is_verified_from_its_last_dropped_entry()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var lane = await WriteAsync(lab, months: 3);
        await (await lab.StartServerAsync(days: 90)).RetainAsync();

        await lab.History.AppendAsync(lane, 2);
        await lab.Server.CheckpointAsync();

        Assert.Equal((true, 6), ((await lab.VerifyAsync()).Valid, (await lab.VerifyAsync()).Entries));
        Assert.Equal(1, await lab.CountAsync($"axvault.checkpoint_lane where lane = {lane.Lane} and sequence = 17"));
        await lab.ExecuteAsync($"delete from axvault.audit_entry where lane = {lane.Lane} and sequence = 16");
        Assert.Equal((AuditFault.Removed, 16), ((await lab.VerifyAsync()).Fault, (await lab.VerifyAsync()).Sequence));
    }

    [Fact]
    public async Task A_lane_without_entries_goes_on_after_its_announcement_was_dropped()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var lane = await lab.History.OpenAsync(Old);
        await WriteAsync(lab, months: 2);
        var server = await lab.StartServerAsync(days: 90);
        await server.RetainAsync();
        Assert.True((await lab.VerifyAsync()).Valid);

        await lab.History.AppendAsync(lane, 2);

        Assert.True((await lab.VerifyAsync()).Valid);
        await server.CheckpointAsync();
        Assert.Equal(1, await lab.CountAsync($"axvault.checkpoint_lane where lane = {lane.Lane} and event = 'moved' and sequence = 2"));
        Assert.True((await lab.VerifyAsync()).Valid);
    }

    [Fact]
    public async Task A_lane_that_ended_before_the_cut_is_forgotten()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var ended = await lab.History.AppendAsync(await lab.History.OpenAsync(Old), 3, Old);
        await lab.History.CloseAsync(ended, Old);
        var lane = await WriteAsync(lab, months: 2);

        await (await lab.StartServerAsync(days: 90)).RetainAsync();

        Assert.Equal($"{{{lane.Lane}}}", await lab.ScalarAsync<string>("select lanes::text from axvault.audit_cut"));
        Assert.Equal(0, await lab.CountAsync($"axvault.checkpoint_lane where lane = {ended.Lane}"));
        Assert.True((await lab.VerifyAsync()).Valid);
    }

    [Fact]
    public async Task A_lane_removed_after_the_cut_is_named()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var lane = await WriteAsync(lab, months: 2);
        await (await lab.StartServerAsync(days: 90)).RetainAsync();

        await lab.ExecuteAsync($"delete from axvault.lane where id = {lane.Lane}");

        var report = await lab.VerifyAsync();
        Assert.Equal((AuditFault.Removed, lane.Lane, 11), (report.Fault, report.Lane, report.Sequence));
    }

    [Fact]
    public async Task A_second_cut_begins_at_the_first()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var lane = await WriteAsync(lab, months: 2);
        await (await lab.StartServerAsync(days: 90)).RetainAsync();
        var first = await lab.ScalarAsync<long>("select number from axvault.audit_cut");

        // Months that come after the first cut, and are past the retention as well.
        lane = await lab.History.AppendAsync(lane, 5, Old.AddMonths(2));
        await lab.History.CheckpointAsync([lane], Old.AddMonths(2));
        await lab.History.AppendAsync(lane, 5, Old.AddMonths(3));
        await (await lab.StartServerAsync(days: 90)).RetainAsync();

        Assert.Equal(0, await lab.CountAsync("axvault.audit_entry where at < '2025-05-01'"));
        Assert.InRange(await lab.ScalarAsync<long>("select number from axvault.audit_cut"), first, long.MaxValue);
        Assert.Equal((true, 6), ((await lab.VerifyAsync()).Valid, (await lab.VerifyAsync()).Entries));
    }

    [Theory]
    [InlineData("update axvault.audit_cut set number = number + 1")]
    [InlineData("update axvault.audit_cut set mac = sha256('forged')")]
    [InlineData("update axvault.audit_cut set lanes[1] = 99")]
    [InlineData("update axvault.audit_cut set sequences[1] = 12")]
    [InlineData("update axvault.audit_cut set macs[1] = sha256('forged')")]
    [InlineData("update axvault.audit_cut set lanes = '{}', sequences = '{}', macs = '{}'")]
    [InlineData("update axvault.audit_cut set kek_id = '\\x0000000000000001'")]
    [InlineData("update axvault.audit_cut set seal = sha256('forged')")]
    public async Task A_forged_cut_is_found_and_not_sealed_again(string sql)
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await WriteAsync(lab, months: 2);
        var server = await lab.StartServerAsync(days: 90);
        await server.RetainAsync();
        await lab.ExecuteAsync(sql);
        await lab.ExecuteAsync("select axvault.audit_make_month('2025-03-01')");

        Assert.Equal(AuditFault.Removed, (await lab.VerifyAsync()).Fault);
        await Assert.ThrowsAsync<InvalidOperationException>(server.RetainAsync);
        Assert.Equal(AuditFault.Removed, (await lab.VerifyAsync()).Fault);
        Assert.Equal(3, await lab.CountAsync("axvault.audit_entry where action = 'audit.cut'"));
    }

    [Fact]
    public async Task A_removed_cut_is_found()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await WriteAsync(lab, months: 2);
        await (await lab.StartServerAsync(days: 90)).RetainAsync();

        await lab.ExecuteAsync("delete from axvault.audit_cut");

        Assert.Equal((AuditFault.Removed, 1), ((await lab.VerifyAsync()).Fault, (await lab.VerifyAsync()).Checkpoint));
    }

    // A lane with five entries and a checkpoint in each month.
    private static async Task<LaneHead> WriteAsync(AuditLab lab, int months)
    {
        var lane = await lab.History.OpenAsync(Old);
        for (var month = 0; month < months; month++)
        {
            lane = await lab.History.AppendAsync(lane, 5, Old.AddMonths(month));
            await lab.History.CheckpointAsync([lane], Old.AddMonths(month));
        }

        return lane;
    }

    private static async Task<AuditAnchor> AnchorAsync(AuditLab lab)
    {
        await lab.Server.CheckpointAsync();
        return lab.Server.Anchor();
    }
}
