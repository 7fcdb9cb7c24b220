using System.Globalization;
using Axvault.Bench.Subjects;
using Axvault.Exercise.Fleet;

namespace Axvault.Exercise.Cases;

/// <summary>The replicas are restarted one after another, and replaced by those of a newer version, under load: no request fails.</summary>
internal static class RollingCase
{
    private const int Rounds = 2;

    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(3);

    /// <summary>Restarts, then upgrades.</summary>
    /// <param name="older">The commit of the older version; <see langword="null"/> for the newest tag, or what stands for one.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The exit code: 0 when all that must hold did.</returns>
    public static async Task<int> RunAsync(string? older, CancellationToken cancellationToken)
    {
        Requirements.Demand("haproxy", "git", "tar");
        var report = new Report();
        using var logs = new LogFolder("rolling");
        await using var sources = new ScratchFolder();
        older ??= await OlderServer.ChooseAsync(cancellationToken);
        report.Say($"building the older version, {older}");
        var olderServer = await OlderServer.BuildAsync(older, sources.Path, cancellationToken);

        await using var postgres = await BenchPostgres.StartAsync();
        await using var provider = await OAuthProvider.StartAsync(postgres, logs.Open("provider"), cancellationToken);
        report.Say("rolling restart");
        await RestartAsync(report, postgres, provider, logs, cancellationToken);
        report.Say("rolling upgrade");
        await UpgradeAsync(report, postgres, provider, olderServer, logs, cancellationToken);
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
                report.Say(string.Create(CultureInfo.InvariantCulture, $"round {round}: {replica.Name} was restarted; {fleet.Load.Answers.Failures.Values.Sum()} requests have failed"));
            }
        }

        await EndAsync(report, "restart", fleet, database, cancellationToken);
    }

    // The older version may know nothing of a delay at its stop: the balancer is told, as an operator would.
    private static async Task UpgradeAsync(Report report, BenchPostgres postgres, OAuthProvider provider, string olderServer, LogFolder logs, CancellationToken cancellationToken)
    {
        await using var folder = new ScratchFolder();
        var database = await postgres.CreateDatabaseAsync("upgrade");
        await using var fleet = await ReplicaFleet.StartAsync(olderServer, database, provider, folder, logs, cancellationToken);
        await Task.Delay(Calm, cancellationToken);
        await ReplaceAsync(fleet, fleet.Replicas[0], Checkout.Server, cancellationToken);
        report.Say("one replica is new, two are old");

        // An old one that starts while a new one serves runs its own migrations again.
        await ReplaceAsync(fleet, fleet.Replicas[1], olderServer, cancellationToken);
        report.Say("an old one was restarted beside the new one");
        await Task.Delay(Calm, cancellationToken);
        await ReplaceAsync(fleet, fleet.Replicas[1], Checkout.Server, cancellationToken);
        await Task.Delay(Calm, cancellationToken);
        await ReplaceAsync(fleet, fleet.Replicas[2], Checkout.Server, cancellationToken);
        report.Say("all are new");
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

    private static async Task EndAsync(Report report, string what, ReplicaFleet fleet, string database, CancellationToken cancellationToken)
    {
        await fleet.Load.StopAsync();
        var failed = fleet.Load.Answers.Failures.Values.Sum();
        report.Find($"{what}: no request fails", failed == 0, string.Create(CultureInfo.InvariantCulture, $"{failed} of {fleet.Load.Answers.Successes + failed}"));
        if (failed > 0)
        {
            Aftermath.TellFailures(fleet.Load.Answers);
        }

        await Aftermath.LookAsync(report, fleet, database, cancellationToken);
    }
}
