using Axvault.Api.Audit;
using Axvault.Api.Audit.Verification;
using Axvault.Api.Chain;
using Axvault.Api.Database;
using Axvault.Api.Refresh;
using Axvault.Api.Refresh.Spool;
using Axvault.Api.Stored;
using Axvault.Tests.Harness.Graph;

namespace Axvault.Tests.Audit;

/// <summary>Verification compares rows with the entries about them, in the order that lanes and checkpoints prove, and never in that of the clocks.</summary>
public sealed class RolledBackRowTests(VaultGraph graph)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pointer_moved_back_behind_a_later_put_is_named(bool byAnother)
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var other = byAnother ? await lab.StartServerAsync() : lab.Server;
        var first = await PutAsync(lab.Server, "a");
        // A checkpoint covers the first put, and the other server knows it.
        await lab.Server.CheckpointAsync();
        await other.CheckpointAsync();
        var second = await PutAsync(other, "a");
        await PutAsync(lab.Server, "b");
        Assert.True((await lab.VerifyAsync()).Valid);

        await PointAsync(lab, "a", first);

        var report = await lab.VerifyAsync();
        Assert.Equal((false, AuditFault.RolledBack, null), (report.Valid, report.Fault, report.Head));
        Assert.Equal($"The credential a was set back: found version {first}, and the entry says version {second}.", report.Detail);
        Assert.Equal(
            $"{report.Lane} {report.Sequence}",
            await lab.ScalarAsync<string>($"select lane || ' ' || sequence from axvault.audit_entry where reason like '%{second} revision 1'")
        );
        await PointAsync(lab, "a", second);
        Assert.True((await lab.VerifyAsync()).Valid);
    }

    [Fact]
    public async Task Two_puts_whose_order_nothing_proves_are_no_fault()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var clock = new SetBackClock();
        var other = await lab.StartServerAsync(time: clock);
        await PutAsync(other, "b");
        // The other server was suspended: its clocks are late, and so is the time of its entry.
        clock.Behind = TimeSpan.FromMinutes(10);
        var first = await PutAsync(lab.Server, "a");
        var second = await PutAsync(other, "a");

        Assert.Equal(
            1,
            await lab.CountAsync(
                $"axvault.audit_entry e join axvault.audit_entry o on o.at < e.at where e.reason like '%{first} %' and o.reason like '%{second} %'"
            )
        );
        foreach (var version in (Guid[])[second, first])
        {
            await PointAsync(lab, "a", version);
            Assert.True((await lab.VerifyAsync()).Valid);
        }
    }

    [Fact]
    public async Task A_deleted_credential_that_is_there_again_is_named_and_a_new_one_is_not()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var first = await PutAsync(lab.Server, "a");
        await lab.Server.DeleteAsync("a");
        Assert.True((await lab.VerifyAsync()).Valid);

        await PointAsync(lab, "a", first);

        var report = await lab.VerifyAsync();
        Assert.Equal(
            (AuditFault.RolledBack, $"The credential a was set back: found version {first}, and the entry says deleted."),
            (report.Fault, report.Detail)
        );
        await PutAsync(lab.Server, "a");
        Assert.True((await lab.VerifyAsync()).Valid);
    }

    [Fact]
    public async Task A_version_of_an_older_revision_is_named_also_when_another_one_is_current()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var first = await PutAsync(lab.Server, "a");
        await PutAsync(lab.Server, "a");
        Assert.Equal(TokenFate.Kept, await RefreshAsync(lab, first));
        Assert.True((await lab.VerifyAsync()).Valid);

        await lab.ExecuteAsync($"update axvault.credential_version set revision = 1 where id = '{first}'");

        var report = await lab.VerifyAsync();
        Assert.Equal(
            (AuditFault.RolledBack, $"The credential a was set back: found version {first} revision 1, and the entry says version {first} revision 2."),
            (report.Fault, report.Detail)
        );
    }

    [Fact]
    public async Task An_entry_recorded_late_states_the_revision_too()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var version = await PutAsync(lab.Server, "a");
        var state = lab.Server.Get<AuditState>();
        Assert.True(state.Block());
        Assert.Equal(TokenFate.Stored, await RefreshAsync(lab, version));
        Assert.True((await lab.VerifyAsync()).Valid);
        state.Unblock();
        await lab.Server.Get<LeftNotes>().AppendAsync(CancellationToken);
        Assert.Equal(1, await lab.CountAsync($"axvault.audit_entry where reason ~ '^done at .*, recorded late: stored; version {version} revision 2$'"));
        Assert.True((await lab.VerifyAsync()).Valid);

        await lab.ExecuteAsync("update axvault.credential_version set revision = 1");

        Assert.Equal(AuditFault.RolledBack, (await lab.VerifyAsync()).Fault);
    }

    [Fact]
    public async Task Entries_dropped_by_retention_state_nothing()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var (first, old) = (lab.Put("a"), new DateTimeOffset(2025, 1, 15, 0, 0, 0, TimeSpan.Zero));
        var lane = await lab.History.AppendAsync(await lab.History.OpenAsync(old), [Entry(first), Entry(lab.Put("gone"))], old);
        await lab.History.CheckpointAsync([lane], old);
        await lab.History.AppendAsync(lane, 1, DateTimeOffset.UtcNow.AddDays(-40));
        await lab.Server.PutAsync(first, AuditLab.Entry("the row of the old entry"));
        Assert.True((await lab.VerifyAsync()).Valid);

        await (await lab.StartServerAsync(days: 60)).RetainAsync();

        Assert.Equal(0, await lab.CountAsync("axvault.audit_entry where at < '2025-02-01'"));
        Assert.True((await lab.VerifyAsync()).Valid);
        var second = await PutAsync(lab.Server, "a");
        Assert.True((await lab.VerifyAsync()).Valid);
        // The entry of the first put is gone, so it was before all that are left.
        await PointAsync(lab, "a", first.VersionId);
        Assert.Equal(
            $"The credential a was set back: found version {first.VersionId}, and the entry says version {second}.",
            (await lab.VerifyAsync()).Detail
        );
    }

    [Fact]
    public async Task Entries_that_state_nothing_are_no_fault()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var first = await lab.PutAsync("a");
        await lab.PutAsync("a");
        Assert.True((await lab.VerifyAsync()).Valid);

        await PointAsync(lab, "a", first.Tag.VersionId);

        Assert.True((await lab.VerifyAsync()).Valid);
    }

    private static AuditEntry Entry(CredentialPut put) => AuditLab.Entry(put).Stating(put.VersionId, CredentialPut.Revision);

    private static async Task<Guid> PutAsync(AuditServer server, string name)
    {
        var put = server.Put(name);
        await server.PutAsync(put, Entry(put));
        return put.VersionId;
    }

    private static async Task<TokenFate> RefreshAsync(AuditLab lab, Guid version)
    {
        var now = DateTimeOffset.UtcNow;
        var entry = AuditLab.Entry("stored") with { Action = AuditAction.CredentialRefresh };
        return await new TokenStore(lab.Server.Ledger, lab.Server.Get<StatementPreparation>()).CompleteAsync(
            new RefreshedCredential(version, AuditLab.Name("a"), 1, lab.Put("a").Envelope, now, now, null),
            entry,
            entry,
            CancellationToken
        );
    }

    private static Task<int> PointAsync(AuditLab lab, string name, Guid version) =>
        lab.ExecuteAsync("update axvault.credential set version_id = $2 where name = $1", name, version);

    private sealed class SetBackClock : TimeProvider
    {
        public TimeSpan Behind { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() - Behind;

        public override long GetTimestamp() => base.GetTimestamp() - (long)(Behind.TotalSeconds * TimestampFrequency);
    }
}
