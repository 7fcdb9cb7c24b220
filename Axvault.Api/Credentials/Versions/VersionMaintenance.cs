using Axvault.Api.Audit;
using Axvault.Api.Chain;
using Axvault.Api.Lifetime;
using Axvault.Api.Stored;
using Npgsql;

namespace Axvault.Api.Credentials.Versions;

/// <summary>
/// Removes deleted credentials past their retention, at each start and every hour. Any number of servers may do it: one of them removes each version.
/// </summary>
internal sealed class VersionMaintenance(
    NpgsqlDataSource database,
    Ledger ledger,
    AuditSource source,
    ServerReadiness readiness,
    VersionOptions versions,
    TimeProvider time,
    ILogger<VersionMaintenance> logger
) : BackgroundLoop(readiness, time, logger)
{
    private const int BatchSize = 500;

    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    // A file of a login is seldom older when someone puts it again.
    private static readonly TimeSpan TokenMemory = TimeSpan.FromDays(90);

    /// <inheritdoc />
    protected override string Work => "The removal of deleted credentials";

    /// <inheritdoc />
    protected override TimeSpan PauseAfterInterruption => Pause;

    // Servers that started together do not look together.
    private static TimeSpan Pause => Interval * (0.5 + Random.Shared.NextDouble());

    /// <inheritdoc />
    protected override async Task<TimeSpan> StepAsync(CancellationToken stoppingToken)
    {
        await ExpiredVersionStore.MarkOrphansAsync(database, stoppingToken);
        for (var removed = BatchSize; removed == BatchSize;)
        {
            removed = await ledger.ChangeAsync(change => PurgeAsync(change, stoppingToken), stoppingToken);
        }

        await ExpiredVersionStore.ForgetTokensAsync(database, TokenMemory, stoppingToken);
        return Pause;
    }

    private async Task<int> PurgeAsync(Change change, CancellationToken stoppingToken)
    {
        var names = await ExpiredVersionStore.PurgeExpiredAsync(change.Transaction, versions.Retention, BatchSize, stoppingToken);
        if (names.Count > 0)
        {
            await change.CommitAsync([.. names.Distinct().Select(Entry)]);
        }

        return names.Count;
    }

    private AuditEntry Entry(string name) => source.Describe(AuditAction.CredentialPurge, AuditOutcome.Success, "its retention has ended", name);

    /// <inheritdoc />
    protected override bool IsInterruption(Exception exception) => exception is AuditUnavailableException || base.IsInterruption(exception);
}
