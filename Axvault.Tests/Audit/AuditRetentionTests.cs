using Axvault.Api.Audit.Chain;
using Axvault.Api.Audit.Verification;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;

namespace Axvault.Tests.Audit;

/// <summary>Old months go as a whole, and the chain is verifiable across the cut.</summary>
public sealed class AuditRetentionTests(VaultGraph graph)
{
    private static readonly DateTimeOffset Old = new(2025, 1, 15, 0, 0, 0, TimeSpan.Zero);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_server_drops_the_months_that_are_over_for_longer_than_the_retention_and_says_so()
    {
        await using var lab = await HistoryAsync();
        var anchor = await lab.AnchorAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(lab.ConnectionString) { Variables = new Dictionary<string, string> { ["AXVAULT_AUDIT_RETENTION_DAYS"] = "90" } });
        await server.WaitForOutputAsync("audit_entry_202503");
        using var admin = server.Client(server.BootstrapSecret);

        await Until.HoldsAsync(async () => (await admin.GetAsync("audit?action=audit.cut")).Json.GetProperty("entries").GetArrayLength() == 3, "the cuts are recorded");
        var report = (await admin.GetAsync($"audit/verify?anchor={anchor}")).Is(System.Net.HttpStatusCode.OK).Json;

        Assert.True(report.GetProperty("valid").GetBoolean());
        Assert.Equal(16, report.GetProperty("firstSequence").GetInt64());
        Assert.Equal(0, await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(*) from axvault.audit_entry where at < '2025-04-01'"));
        Assert.Equal(
            ["the entries up to 15, of 2025-03, were dropped", "the entries up to 10, of 2025-02, were dropped", "the entries up to 5, of 2025-01, were dropped"],
            (await admin.GetAsync("audit?action=audit.cut")).Json.GetProperty("entries").EnumerateArray().Select(static entry => entry.GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task A_chain_is_intact_across_a_cut_and_broken_by_a_forged_one()
    {
        await using var lab = await HistoryAsync();
        var months = await lab.Months.FindMonthsBeforeAsync(Old.AddMonths(2), CancellationToken);
        Assert.Equal(["audit_entry_202501", "audit_entry_202502"], months);
        Assert.Equal(5, (await DropAsync(lab, months[0]))!.Sequence);

        var report = await lab.VerifyAsync();
        Assert.Equal((true, 10, 6), (report.Valid, report.Entries, report.FirstSequence));

        // The next month is taken away by somebody without the key.
        await lab.ExecuteAsync("insert into axvault.audit_cut (seq, at, mac, chain_key, seal) select e.seq, e.at, e.mac, e.chain_key, c.seal from axvault.audit_entry e, axvault.audit_cut c where e.seq = 10");
        await lab.ExecuteAsync("drop table axvault.audit_entry_202502");
        var forged = await lab.VerifyAsync();
        Assert.Equal((false, AuditFault.Removed), (forged.Valid, forged.Fault));

        await lab.ExecuteAsync("delete from axvault.audit_cut where seq = 10");
        Assert.Equal((AuditFault.Removed, 6), ((await lab.VerifyAsync()).Fault, (await lab.VerifyAsync()).Sequence));
    }

    [Fact]
    public async Task A_vault_that_rested_for_longer_than_the_retention_keeps_its_chain()
    {
        await using var lab = await HistoryAsync();
        var anchor = await lab.AnchorAsync();
        foreach (var month in await lab.Months.FindMonthsBeforeAsync(Old.AddYears(1), CancellationToken))
        {
            await DropAsync(lab, month);
        }

        Assert.Equal((true, 0), ((await lab.VerifyAsync(anchor)).Valid, (await lab.VerifyAsync()).Entries));

        await lab.AppendAsync(2);
        var report = await lab.VerifyAsync(anchor);
        Assert.Equal((true, 2, 16), (report.Valid, report.Entries, report.FirstSequence));

        // The head that was taken away is found again by the cut.
        await lab.ExecuteAsync("delete from axvault.audit_entry");
        await lab.ExecuteAsync("delete from axvault.audit_head");
        await lab.AppendAsync(1);
        Assert.Equal(16, (await lab.VerifyAsync()).LastSequence);
    }

    [Fact]
    public async Task A_month_whose_partition_is_missing_gets_one()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var writer = await lab.StartWriterAsync();
        await writer.WriteAsync(AuditLab.Entry("before"));
        await lab.ExecuteAsync("create table kept as select * from axvault.audit_entry");
        foreach (var month in await lab.Months.FindMonthsBeforeAsync(DateTimeOffset.MaxValue.AddYears(-1), CancellationToken))
        {
            await lab.ExecuteAsync($"drop table axvault.{month}");
        }

        await writer.WriteAsync(AuditLab.Entry("after"));
        await writer.StopAsync(CancellationToken);

        await lab.ExecuteAsync("insert into axvault.audit_entry select * from kept");
        Assert.Equal((true, 2), ((await lab.VerifyAsync()).Valid, (await lab.VerifyAsync()).Entries));
    }

    private static Task<ChainHead?> DropAsync(AuditLab lab, string month) =>
        lab.Months.DropMonthAsync(month, head => (lab.Vault.Keys.CurrentId, AuditChain.SealCut(head, lab.Vault.Keys.Current)), CancellationToken);

    // Five entries in each of January, February and March.
    private async Task<AuditLab> HistoryAsync()
    {
        var lab = await AuditLab.StartAsync(graph);
        await lab.BeginAtAsync(Old);
        for (var month = 0; month < 3; month++)
        {
            await lab.AppendAsync(5, Old.AddMonths(month));
        }

        return lab;
    }
}
