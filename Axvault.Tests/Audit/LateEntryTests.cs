using Axvault.Api.Audit;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Microsoft.Extensions.Time.Testing;

namespace Axvault.Tests.Audit;

/// <summary>Entries of events that have happened whether or not they are recorded. They may be written late.</summary>
public sealed class LateEntryTests(VaultGraph graph)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_late_entry_whose_caller_gave_up_is_written_once()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var time = new FakeTimeProvider();
        var server = await lab.StartServerAsync(time: time);
        await server.WriteAsync("first");
        await using (var holder = await DatabaseContents.OpenAsync(lab.ConnectionString))
        await using (var transaction = await holder.BeginTransactionAsync(CancellationToken))
        {
            await using var hold = new Npgsql.NpgsqlCommand("select from axvault.lane for update", holder, transaction);
            await hold.ExecuteNonQueryAsync(CancellationToken);
            var recorded = server.Get<AuditLog>().RecordSoonAsync(AuditLab.Entry("late"));
            await Until.HoldsAsync(
                async () => await lab.CountAsync("pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") > 0,
                "the append waits for the lane"
            );
            time.Advance(TimeSpan.FromSeconds(6));
            await recorded;
            Assert.True(server.Writer.IsBlocked);
        }

        await Until.HoldsAsync(() => !server.Writer.IsBlocked, "the log is writable again");
        await server.Writer.MaintainAsync();
        await server.WriteAsync("last");
        Assert.Equal(1, await lab.CountAsync("axvault.audit_entry where reason = 'late'"));
    }
}
