using System.Data;
using Axvault.Api.Audit.Verification;
using Axvault.Api.Chain;
using Axvault.Tests.Harness.Graph;
using Npgsql;

namespace Axvault.Tests.Audit;

/// <summary>Verification reads the ledger in constant memory, however many lanes it has.</summary>
public sealed class VerificationMemoryTests(VaultGraph graph)
{
    // The reader and the verifiers hold the record of the moment, the one before it, and a few of their parts.
    private const int MaxAlive = 50;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Verification_keeps_no_lane_in_memory()
    {
        const int Count = 300;
        await using var lab = await AuditLab.StartAsync(graph);
        await lab.History.OpenAndCloseAsync(Count);
        await using var database = NpgsqlDataSource.Create(lab.ConnectionString);
        await using var connection = await database.OpenConnectionAsync(CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, CancellationToken);
        var (keys, cut) = (lab.Server.Keys.Keys, new LedgerCut(0, lab.Server.Keys.Genesis, []));
        var checkpoints = new CheckpointVerifier(keys, new CheckpointHead(0, DateTimeOffset.UnixEpoch, cut.Mac), []);
        var parts = new LiveParts();

        Assert.Null(
            await AuditVerifier.VerifyCheckpointsAsync(
                parts.WatchAsync(
                    VerificationStore.ReadCheckpointsAsync(transaction, 0, CancellationToken),
                    static found => [found, found.Mac, found.Lanes, .. found.Lanes, .. found.Lanes.Select(static lane => lane.Mac)]
                ),
                checkpoints
            )
        );
        var report = await AuditVerifier.VerifyLanesAsync(
            parts.WatchAsync(
                VerificationStore.ReadLanesAsync(transaction, 0, CancellationToken),
                static record => [record, record.Entry, record.Entry?.Entry, record.Entry?.Mac, record.Mark, record.Mark?.Mac, record.Mark?.CheckpointMac]
            ),
            cut,
            keys,
            checkpoints
        );

        TestContext.Current.TestOutputHelper?.WriteLine($"{parts.Most} of {parts.Passed} objects");
        Assert.Equal((true, Count, Count), (report.Valid, report.Entries, report.Lanes));
        Assert.InRange(parts.Passed, 10 * Count, int.MaxValue);
        Assert.InRange(parts.Most, 1, MaxAlive);
    }
}
