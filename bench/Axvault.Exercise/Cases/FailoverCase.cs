using System.Diagnostics;
using System.Globalization;
using Axvault.Bench.Subjects;
using Axvault.Exercise.Fleet;
using Axvault.Exercise.Load;

namespace Axvault.Exercise.Cases;

/// <summary>The primary of the database dies, again and again, under load.</summary>
internal static class FailoverCase
{
    // Some work between two failures, so that each finds a fleet at work.
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(4);

    /// <summary>Kills the primary <paramref name="kills"/> times.</summary>
    /// <returns>The exit code: 0 when all that must hold did.</returns>
    public static async Task<int> RunAsync(int kills, CancellationToken cancellationToken)
    {
        Requirements.Demand("patroni", "etcd", "haproxy", "postgres");
        var report = new Report();
        await using var folder = new ScratchFolder();
        using var logs = new LogFolder("failover");
        report.Say("starting etcd, three nodes of Patroni, a provider, three replicas and HAProxy");
        await using var cluster = await PatroniCluster.StartAsync(folder, logs, cancellationToken);
        await using var postgres = await BenchPostgres.StartAsync();
        await using var provider = await OAuthProvider.StartAsync(postgres, logs.Open("provider"), cancellationToken);
        await using var fleet = await ReplicaFleet.StartAsync(Checkout.Server, cluster.Url, provider, folder, logs, cancellationToken);
        report.Say("the load runs");

        List<(string Primary, long At)> killed = [];
        for (var i = 1; i <= kills; i++)
        {
            await Task.Delay(Calm, cancellationToken);
            var primary = await cluster.WaitUntilWholeAsync(cancellationToken);
            killed.Add((primary.Name, Stopwatch.GetTimestamp()));
            await primary.KillAsync();
            var next = await cluster.WaitForOtherPrimaryAsync(primary, cancellationToken);
            report.Say(string.Create(CultureInfo.InvariantCulture, $"{i}: {primary.Name} was killed, {next.Name} is the primary after {Stopwatch.GetElapsedTime(killed[^1].At).TotalSeconds:0.0} s"));

            // The former primary comes back once somebody was served without it.
            var served = fleet.Load.Acknowledged;
            for (var clock = Stopwatch.StartNew(); fleet.Load.Acknowledged == served && clock.Elapsed < TimeSpan.FromSeconds(60);)
            {
                await Task.Delay(100, cancellationToken);
            }

            await primary.StartAsync(cancellationToken);
        }

        await cluster.WaitUntilWholeAsync(cancellationToken);
        await fleet.Balancer.WaitUntilWholeAsync(cancellationToken);
        await Task.Delay(Calm, cancellationToken);
        await fleet.Load.StopAsync();
        report.Say("the load has ended");

        await Aftermath.LookAsync(report, fleet, cluster.AdminConnectionString, cancellationToken);
        Tell(killed, fleet.Load.Answers);
        Aftermath.TellFailures(fleet.Load.Answers);
        return report.Conclude();
    }

    private static void Tell(List<(string Primary, long At)> killed, AnswerLog answers)
    {
        var gaps = killed.Select((kill, i) =>
        {
            var next = i + 1 < killed.Count ? killed[i + 1].At : long.MaxValue;
            return (kill.Primary, Write: answers.LongestGap(AnswerKind.Write, kill.At, next), Read: answers.LongestGap(AnswerKind.Read, kill.At, next));
        }).ToList();
        string[] median = ["median", "", Seconds(Median(gaps.Select(static gap => gap.Write))), Seconds(Median(gaps.Select(static gap => gap.Read)))];
        string[] longest = ["longest", "", Seconds(gaps.Max(static gap => gap.Write)), Seconds(gaps.Max(static gap => gap.Read))];
        Report.Table(
            ["kill", "of", "writes: from the last success to the next", "reads"],
            [.. gaps.Select(static (gap, i) => new[] { (i + 1).ToString(CultureInfo.InvariantCulture), gap.Primary, Seconds(gap.Write), Seconds(gap.Read) }), median, longest]);
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");

    private static TimeSpan Median(IEnumerable<TimeSpan> times)
    {
        var sorted = times.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
