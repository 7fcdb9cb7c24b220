using System.Globalization;
using Axvault.Bench.Subjects;
using Axvault.Exercise.Fleet;

namespace Axvault.Exercise.Cases;

/// <summary>Restarts the replicas one after another, and replaces them with a newer version, under load. No request may fail.</summary>
internal static class RollingCase
{
    private const int Rounds = 2;

    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(3);

    /// <summary>Runs the restart, and then the upgrade.</summary>
    /// <param name="older">The commit of the older version; <see langword="null"/> for the restart alone.</param>
    /// <param name="cancellationToken">Cancels the run.</param>
    /// <returns>The exit code: 0 when every check passed.</returns>
    public static async Task<int> RunAsync(string? older, CancellationToken cancellationToken)
    {
        Requirements.Demand("haproxy", "git", "tar");
        var report = new Report();
        using var logs = new LogFolder("rolling");
        await using var sources = new ScratchFolder();
        string? olderServer = null;
        if (older is not null)
        {
            report.Say($"building the older version, {older}");
            olderServer = await OlderServer.BuildAsync(older, sources.Path, cancellationToken);
        }

        await using var postgres = await BenchPostgres.StartAsync();
        await using var provider = await OAuthProvider.StartAsync(postgres, logs.Open("provider"), cancellationToken);
        report.Say("rolling restart");
        await RestartAsync(report, postgres, provider, logs, cancellationToken);
        if (olderServer is not null)
        {
            report.Say("rolling upgrade");
            await UpgradeAsync(report, postgres, provider, olderServer, logs, cancellationToken);
        }

        return report.Conclude();
    }

    private static async Task RestartAsync(Report report, BenchPostgres postgres, OAuthProvider provider, LogFolder logs, CancellationToken cancellationToken)
    {
        await using var folder = new ScratchFolder();
        var database = await postgres.CreateDatabaseAsync("restart");
        await using var fleet = await ReplicaFleet.StartAsync(Checkout.Server, database, provider, folder, logs, cancellationToken);
        for (var round = 1; round <= Rounds; round++)
        {
            foreach (var replica in fleet.Replicas)
            {
                await Task.Delay(Calm, cancellationToken);
                await replica.StopAsync();
                await replica.StartAsync(Checkout.Server, cancellationToken);
                await fleet.Balancer.WaitUntilWholeAsync(cancellationToken);
                report.Say(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"round {round}: {replica.Name} was restarted; {fleet.Load.Answers.Failures.Values.Sum()} requests have failed"
                    )
                );
            }
        }

        await EndAsync(report, "restart", fleet, database, cancellationToken);
    }

    // The older version may not support a delay at its stop. So the balancer is told to drain it, as an operator would.
    private static async Task UpgradeAsync(
        Report report,
        BenchPostgres postgres,
        OAuthProvider provider,
        string olderServer,
        LogFolder logs,
        CancellationToken cancellationToken
    )
    {
        await using var folder = new ScratchFolder();
        var database = await postgres.CreateDatabaseAsync("upgrade");
        await using var fleet = await ReplicaFleet.StartAsync(olderServer, database, provider, folder, logs, cancellationToken);
        await Task.Delay(Calm, cancellationToken);
        await ReplaceAsync(fleet, fleet.Replicas[0], Checkout.Server, cancellationToken);
        report.Say("one replica is new, two are old");

        // An old server that starts while a new one serves runs its own migrations again.
        await ReplaceAsync(fleet, fleet.Replicas[1], olderServer, cancellationToken);
        report.Say("an old replica was restarted beside the new one");
        await Task.Delay(Calm, cancellationToken);
        await ReplaceAsync(fleet, fleet.Replicas[1], Checkout.Server, cancellationToken);
        await Task.Delay(Calm, cancellationToken);
        await ReplaceAsync(fleet, fleet.Replicas[2], Checkout.Server, cancellationToken);
        report.Say("all replicas are new");
        await Task.Delay(Calm, cancellationToken);
        await EndAsync(report, "upgrade", fleet, database, cancellationToken);
    }

    private static async Task ReplaceAsync(ReplicaFleet fleet, Replica replica, string server, CancellationToken cancellationToken)
    {
        await fleet.Balancer.DrainAsync(replica, cancellationToken);
        await replica.StopAsync();
        await replica.StartAsync(server, cancellationToken);
        await fleet.Balancer.RestoreAsync(replica, cancellationToken);
        await fleet.Balancer.WaitUntilWholeAsync(cancellationToken);
    }

    private static async Task EndAsync(Report report, string name, ReplicaFleet fleet, string database, CancellationToken cancellationToken)
    {
        await fleet.Load.StopAsync();
        var failed = fleet.Load.Answers.Failures.Values.Sum();
        report.Find(
            $"{name}: no request fails",
            failed == 0,
            string.Create(CultureInfo.InvariantCulture, $"{failed} of {fleet.Load.Answers.Successes + failed}")
        );
        if (failed > 0)
        {
            Aftermath.PrintFailures(fleet.Load.Answers);
        }

        await Aftermath.CheckAsync(report, fleet, database, cancellationToken);
    }
}
