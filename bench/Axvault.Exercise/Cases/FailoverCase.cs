using System.Diagnostics;
using System.Globalization;
using Axvault.Bench.Subjects;
using Axvault.Exercise.Fleet;
using Axvault.Exercise.Load;

namespace Axvault.Exercise.Cases;

/// <summary>Kills the primary of the database repeatedly, under load.</summary>
internal static class FailoverCase
{
    // The time between two failures, so that each one hits a working fleet.
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(4);

    /// <summary>Kills the primary <paramref name="kills"/> times.</summary>
    /// <returns>The exit code: 0 when every check passed.</returns>
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

        List<(string Primary, long At, long Elected)> killed = [];
        for (var i = 1; i <= kills; i++)
        {
            await Task.Delay(Calm, cancellationToken);
            var primary = await cluster.WaitUntilWholeAsync(cancellationToken);
            var at = Stopwatch.GetTimestamp();
            await primary.KillAsync();
            var next = await cluster.WaitForOtherPrimaryAsync(primary, cancellationToken);
            killed.Add((primary.Name, at, Stopwatch.GetTimestamp()));
            report.Say(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{i}: {primary.Name} was killed, {next.Name} is the primary after {Stopwatch.GetElapsedTime(at).TotalSeconds:0.0} s"
                )
            );

            // The former primary comes back once the new one has served a write.
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

        await Aftermath.CheckAsync(report, fleet, cluster.AdminConnectionString, cancellationToken);
        PrintGaps(killed, fleet.Load.Answers);
        Aftermath.PrintFailures(fleet.Load.Answers);
        return report.Conclude();
    }

    private static void PrintGaps(List<(string Primary, long At, long Elected)> killed, AnswerLog answers)
    {
        var gaps = killed
            .Select(
                (kill, i) =>
                {
                    var next = i + 1 < killed.Count ? killed[i + 1].At : long.MaxValue;
                    return (
                        kill.Primary,
                        Write: answers.LongestGap(AnswerKind.Write, kill.At, next),
                        Read: answers.LongestGap(AnswerKind.Read, kill.At, next),
                        Served: answers.NextSuccess(kill.Elected)
                    );
                }
            )
            .ToList();
        Report.Table(
            ["kill", "of", "writes: from the last success to the next", "reads", "from the new primary to the first success"],
            [
                .. gaps.Select(static (gap, i) => Row((i + 1).ToString(CultureInfo.InvariantCulture), gap.Primary, gap.Write, gap.Read, gap.Served)),
                Row(
                    "median",
                    "",
                    Median(gaps.Select(static gap => gap.Write)),
                    Median(gaps.Select(static gap => gap.Read)),
                    Median(gaps.Select(static gap => gap.Served))
                ),
                Row("longest", "", gaps.Max(static gap => gap.Write), gaps.Max(static gap => gap.Read), gaps.Max(static gap => gap.Served)),
            ]
        );
    }

    private static string[] Row(string name, string primary, params IEnumerable<TimeSpan> times) => [name, primary, .. times.Select(Seconds)];

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");

    private static TimeSpan Median(IEnumerable<TimeSpan> times)
    {
        var sorted = times.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
