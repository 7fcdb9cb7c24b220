using Axvault.Api.Audit;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Audit;

/// <summary>After the end of a key rotation no server writes with a retired key, and no note with one is accepted.</summary>
public sealed class RetiredKeyTests(VaultGraph graph)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("read")]
    [InlineData("put")]
    [InlineData("checkpoint")]
    public async Task A_server_that_missed_a_rotation_is_blocked_and_the_ledger_stays_valid(string act)
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var outdated = lab.Server;
        await outdated.WriteAsync("before");
        await outdated.PutAsync("before");
        var rotated = await lab.RotateAsync();
        await rotated.WriteAsync("after");

        await Assert.ThrowsAsync<AuditUnavailableException>(() =>
            act switch
            {
                "read" => outdated.WriteAsync("a"),
                "put" => outdated.PutAsync("a"),
                _ => outdated.CheckpointAsync(),
            }
        );

        Assert.True(outdated.Writer.IsBlocked);
        await outdated.Writer.MaintainAsync();
        Assert.True(outdated.Writer.IsBlocked);
        var refusal = await Assert.ThrowsAsync<AuditUnavailableException>(outdated.StopAsync);
        Assert.Contains("AXVAULT_ENCRYPTION_KEY", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, await lab.CountAsync("axvault.credential where name = 'a'"));
        await IsValidAsync(rotated);
    }

    [Fact]
    public async Task A_server_that_was_frozen_during_a_rotation_writes_again_with_the_new_key()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var frozen = await lab.StartServerAsync(key: AuditLab.NewKey, previous: ServerSettings.DefaultKey);
        await frozen.WriteAsync("before");
        await frozen.PutAsync("before");
        var rotated = await lab.RotateAsync();

        await Assert.ThrowsAsync<AuditUnavailableException>(() => frozen.PutAsync("a"));
        await Assert.ThrowsAsync<AuditUnavailableException>(() => frozen.WriteAsync("a"));
        await IsValidAsync(rotated);

        Assert.True(await frozen.Vault.ChooseKekAsync(CancellationToken));
        await frozen.Writer.MaintainAsync();
        Assert.False(frozen.Writer.IsBlocked);
        await frozen.PutAsync("a");
        await IsValidAsync(rotated);
    }

    [Fact]
    public async Task A_server_does_not_change_to_a_retired_key_for_one_that_missed_the_rotation()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var rotated = await lab.RotateAsync();
        await lab.Server.Vault.ChooseKekAsync(CancellationToken);

        Assert.False(await rotated.Vault.ChooseKekAsync(CancellationToken));

        Assert.Same(rotated.Vault.Keys.Configured, rotated.Vault.Keys.Current);
    }

    [Fact]
    public async Task A_forced_change_of_a_server_that_missed_a_rotation_leaves_no_note()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await lab.RotateAsync();

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
        Assert.Equal(0, await lab.CountAsync("axvault.audit_note"));
    }

    [Fact]
    public async Task A_note_is_appended_before_its_key_is_retired()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await lab.NoteAsync(lab.Server.Keys.Note(AuditLab.Entry("noted")));

        var rotated = await lab.RotateAsync();

        Assert.Equal(1, await lab.CountAsync("axvault.audit_entry where reason like 'done at %, recorded late: noted'"));
        Assert.Equal(1, await lab.CountAsync("axvault.chain_key"));
        await IsValidAsync(rotated);
    }

    [Fact]
    public async Task A_note_with_a_retired_key_is_a_forgery_on_every_server()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var rotated = await lab.StartRotatedAsync();
        var other = await lab.StartServerAsync(key: AuditLab.NewKey, previous: ServerSettings.DefaultKey);
        await rotated.RetireAsync();

        foreach (var server in (AuditServer[])[rotated, other])
        {
            await lab.NoteAsync(lab.Server.Keys.Note(AuditLab.Entry("forged")));
            await server.Get<LeftNotes>().AppendAsync(CancellationToken);
        }

        Assert.Equal(2, await lab.CountAsync("axvault.audit_entry where action = 'audit.forgery'"));
        Assert.Equal(0, await lab.CountAsync("axvault.audit_entry where reason like '%forged'"));
        Assert.Equal(0, await lab.CountAsync("axvault.audit_note"));
    }

    [Fact]
    public async Task No_key_is_retired_while_notes_cannot_be_appended()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await lab.NoteAsync(lab.Server.Keys.Note(AuditLab.Entry("noted")));
        await lab.ExecuteAsync("alter table axvault.audit_entry add constraint none check (reason not like '%noted') not valid");
        var rotated = await lab.StartRotatedAsync();

        await Assert.ThrowsAsync<AuditUnavailableException>(rotated.RetireAsync);

        Assert.Equal((1, 0), (await lab.CountAsync("axvault.audit_note"), await lab.CountAsync("axvault.chain_key")));
        await lab.ExecuteAsync("alter table axvault.audit_entry drop constraint none");
        await rotated.Writer.MaintainAsync();
        Assert.True(await rotated.RetireAsync());
        Assert.Equal((0, 1), (await lab.CountAsync("axvault.audit_note"), await lab.CountAsync("axvault.chain_key")));
    }

    [Fact]
    public async Task A_retirement_waits_for_a_note_that_is_being_written()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var rotated = await lab.StartRotatedAsync();
        var note = lab.Server.Keys.Note(AuditLab.Entry("noted"));
        await using var connection = await DatabaseContents.OpenAsync(lab.ConnectionString);
        await using var transaction = await connection.BeginTransactionAsync(CancellationToken);
        await AuditNoteStore.WriteAsync(transaction, note, CancellationToken);

        var retirement = rotated.RetireAsync();
        await Until.HoldsAsync(
            async () =>
                retirement.IsCompleted || await lab.CountAsync("pg_locks where relation = 'axvault.audit_note'::regclass and not granted") > 0,
            "the retirement waits"
        );
        await transaction.CommitAsync(CancellationToken);

        Assert.False(await retirement);
        Assert.True(await rotated.RetireAsync());
        Assert.Equal(1, await lab.CountAsync("axvault.audit_entry where reason like '%noted'"));
        Assert.Equal(1, await lab.CountAsync("axvault.audit_entry where action = 'rotation.end'"));
    }

    [Fact]
    public async Task Retirements_at_the_same_time_wait_for_each_other()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        AuditServer[] servers = [lab.Server, await lab.StartServerAsync(), await lab.StartServerAsync()];
        for (var round = 0; round < 5; round++)
        {
            await Task.WhenAll(servers.Select(server => server.PutAsync($"name.{round}")));

            Assert.All(await Task.WhenAll(servers.Select(static server => server.RetireAsync())), Assert.True);
        }

        await IsValidAsync(lab.Server);
    }

    private static async Task IsValidAsync(AuditServer server)
    {
        var report = await server.VerifyAsync();
        Assert.True(report.Valid, $"{report.Fault} at {report.Lane}/{report.Sequence}, checkpoint {report.Checkpoint}: {report.Detail}");
    }
}
