using Axvault.Api.Audit.Verification;
using Axvault.Tests.Graph;

namespace Axvault.Tests.Audit;

/// <summary>Whoever has the database and not the encryption key cannot change its history unseen: the first entry that is wrong is named.</summary>
public sealed class AuditVerificationTests(VaultGraph graph)
{
    private const int Count = 10;

    public static TheoryData<string, string> Columns => new()
    {
        { "action", "'credential.put'" }, { "outcome", "'denied'" }, { "key_id", "null" }, { "key_name", "'another'" }, { "target", "'c.d'" }, { "client_address", "null" },
        { "user_agent", "''" }, { "request_id", "'9'" }, { "trace_id", "null" }, { "reason", "reason || ' '" }, { "server", "'other'" },
        { "mac", "set_byte(mac, 0, get_byte(mac, 0) # 1)" },
    };

    [Fact]
    public async Task A_chain_that_nobody_touched_is_intact_and_its_head_is_told()
    {
        await using var lab = await StartAsync();

        var report = await lab.VerifyAsync(await lab.AnchorAsync());

        Assert.True(report.Valid);
        Assert.Equal((Count, 1, Count), (report.Entries, report.FirstSequence, report.LastSequence));
        Assert.Equal((await lab.AnchorAsync()).ToString(), report.Head);
    }

    [Fact]
    public async Task The_chain_of_a_new_vault_is_intact_and_empty()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await lab.Store.ReadHeadAsync(lab.Vault.Genesis, TestContext.Current.CancellationToken);

        Assert.Equal((true, 0), ((await lab.VerifyAsync()).Valid, (await lab.VerifyAsync()).Entries));
    }

    [Fact]
    public async Task A_changed_entry_is_named_whichever_column_was_changed()
    {
        await using var lab = await StartAsync();
        foreach (var (column, value) in Columns.Select(static row => row.Data))
        {
            await lab.ExecuteAsync("create table kept as select * from axvault.audit_entry where seq = 4");
            await lab.ExecuteAsync($"update axvault.audit_entry set {column} = {value} where seq = 4");

            Broken(await lab.VerifyAsync(), AuditFault.Changed, 4);
            await lab.ExecuteAsync("delete from axvault.audit_entry where seq = 4");
            await lab.ExecuteAsync("insert into axvault.audit_entry select * from kept");
            await lab.ExecuteAsync("drop table kept");
        }

        Assert.True((await lab.VerifyAsync()).Valid);
    }

    [Theory]
    [InlineData(1, AuditFault.Changed)]
    [InlineData(Count, AuditFault.Changed)]
    public async Task The_first_and_the_last_entry_are_guarded_as_well(int sequence, string fault)
    {
        await using var lab = await StartAsync();
        await lab.ExecuteAsync("update axvault.audit_entry set target = 'x' where seq = $1", (long)sequence);

        Broken(await lab.VerifyAsync(), fault, sequence);
    }

    [Fact]
    public async Task A_changed_time_or_number_or_key_is_named()
    {
        await using var lab = await StartAsync();
        await lab.ExecuteAsync("update axvault.audit_entry set at = at + interval '1 second' where seq = 4");
        Broken(await lab.VerifyAsync(), AuditFault.Changed, 4);

        await using var numbered = await StartAsync();
        await numbered.ExecuteAsync("update axvault.audit_entry set seq = 40 where seq = 4");
        Broken(await numbered.VerifyAsync(), AuditFault.Removed, 4);

        await using var keyed = await StartAsync();
        await keyed.ExecuteAsync("update axvault.audit_entry set chain_key = '\\x0000000000000001' where seq = 4");
        Broken(await keyed.VerifyAsync(), AuditFault.UnknownKey, 4);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 1)]
    [InlineData(4, 3)]
    public async Task A_removed_entry_is_named(int from, int count)
    {
        await using var lab = await StartAsync();
        await lab.ExecuteAsync("delete from axvault.audit_entry where seq >= $1 and seq < $2", (long)from, (long)(from + count));

        Broken(await lab.VerifyAsync(), AuditFault.Removed, from);
    }

    [Fact]
    public async Task A_removed_entry_is_found_also_when_the_rest_is_numbered_anew()
    {
        await using var lab = await StartAsync();
        await lab.ExecuteAsync("delete from axvault.audit_entry where seq = 4");
        await lab.ExecuteAsync("update axvault.audit_entry set seq = seq - 1 where seq > 4");
        await lab.ExecuteAsync("update axvault.audit_head set seq = seq - 1");

        var report = await lab.VerifyAsync();

        Assert.Equal((false, 4), (report.Valid, report.Sequence));
    }

    [Fact]
    public async Task An_inserted_entry_is_named()
    {
        await using var lab = await StartAsync();
        await lab.ExecuteAsync("update axvault.audit_entry set seq = seq + 1000 where seq >= 4");
        await lab.ExecuteAsync("update axvault.audit_entry set seq = seq - 999 where seq >= 1000");
        await lab.ExecuteAsync("insert into axvault.audit_entry (seq, at, action, outcome, server, chain_key, mac) select 4, at, 'credential.read', 'success', 'forged', chain_key, mac from axvault.audit_entry where seq = 3");
        await lab.ExecuteAsync("update axvault.audit_head set seq = seq + 1");
        Broken(await lab.VerifyAsync(), AuditFault.Inserted, 4);

        await using var twice = await StartAsync();
        await twice.ExecuteAsync("insert into axvault.audit_entry select seq, at + interval '1 millisecond', action, outcome, key_id, key_name, target, client_address, user_agent, request_id, trace_id, reason, server, chain_key, mac from axvault.audit_entry where seq = 10");
        Broken(await twice.VerifyAsync(), AuditFault.Inserted, 10);
    }

    [Fact]
    public async Task An_entry_that_is_forged_behind_the_last_is_named()
    {
        await using var lab = await StartAsync();
        await lab.ExecuteAsync("insert into axvault.audit_entry (seq, at, action, outcome, server, chain_key, mac) select 11, at, 'credential.read', 'success', 'forged', chain_key, mac from axvault.audit_entry where seq = 10");
        await lab.ExecuteAsync("update axvault.audit_head set seq = 11");

        var report = await lab.VerifyAsync();

        Assert.Equal((false, 11), (report.Valid, report.Sequence));
    }

    [Fact]
    public async Task Newest_entries_that_were_removed_are_missed_by_the_head()
    {
        await using var lab = await StartAsync();
        await lab.ExecuteAsync("delete from axvault.audit_entry where seq > 7");
        Broken(await lab.VerifyAsync(), AuditFault.Removed, 8);

        await lab.ExecuteAsync("delete from axvault.audit_head");
        Broken(await lab.VerifyAsync(), AuditFault.Removed, 8);
    }

    [Fact]
    public async Task Newest_entries_that_were_removed_together_with_the_head_are_missed_by_an_anchor()
    {
        await using var lab = await StartAsync();
        var anchor = await lab.AnchorAsync();
        await lab.ExecuteAsync("delete from axvault.audit_entry where seq > 7");
        await lab.ExecuteAsync("update axvault.audit_head set (seq, at, mac) = (select seq, at, mac from axvault.audit_entry where seq = 7)");

        // What is left is a whole chain: only what was written down elsewhere tells.
        Assert.True((await lab.VerifyAsync()).Valid);
        Broken(await lab.VerifyAsync(anchor), AuditFault.Removed, 8);

        // Also when it has grown past the anchor again.
        await lab.AppendAsync(5);
        Broken(await lab.VerifyAsync(anchor), AuditFault.Changed, Count);
    }

    [Fact]
    public async Task A_history_that_was_deleted_as_a_whole_is_missed_by_an_anchor()
    {
        await using var lab = await StartAsync();
        var anchor = await lab.AnchorAsync();
        await lab.ExecuteAsync("delete from axvault.audit_entry");
        await lab.ExecuteAsync("delete from axvault.audit_head");
        await lab.AppendAsync(2);

        Broken(await lab.VerifyAsync(anchor), AuditFault.Removed, 3);
    }

    [Fact]
    public async Task An_anchor_of_another_vault_is_told_from_one_of_this()
    {
        await using var lab = await StartAsync();
        await using var other = await StartAsync();

        Broken(await lab.VerifyAsync(await other.AnchorAsync()), AuditFault.ForeignAnchor, Count);
    }

    private static void Broken(AuditReport report, string fault, long sequence)
    {
        Assert.False(report.Valid);
        Assert.Equal((fault, (long?)sequence), (report.Fault, report.Sequence));
        Assert.NotNull(report.Detail);
    }

    private async Task<AuditLab> StartAsync()
    {
        var lab = await AuditLab.StartAsync(graph);
        await lab.AppendAsync(Count);
        return lab;
    }
}
