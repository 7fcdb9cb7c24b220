using System.Diagnostics;
using System.Globalization;
using Axvault.Exercise.Fleet;
using Axvault.Exercise.Load;
using Npgsql;

namespace Axvault.Exercise.Cases;

/// <summary>The checks after the load: no acknowledged change is lost, nothing was done twice, and everything is in the audit log.</summary>
internal static class Aftermath
{
    // When a server dies before it answers a change, another server moves the note of the change into the chain after ten seconds.
    private static readonly TimeSpan NoteLimit = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs the checks, and adds the results to <paramref name="report"/>.</summary>
    public static async Task CheckAsync(Report report, ReplicaFleet fleet, string adminConnectionString, CancellationToken cancellationToken)
    {
        var load = fleet.Load;
        var lost = await load.FindLostAsync(cancellationToken);
        report.Find("no acknowledged write is lost", lost.Count == 0, $"{Number(load.Acknowledged)} acknowledged{List(lost)}");
        report.Find(
            "no read showed less than was acknowledged before it",
            load.Wrong.Count == 0,
            $"{Number(load.Answers.Count(AnswerKind.Read))} reads{List(load.Wrong)}"
        );

        var dead = await load.FindDeadLoginsAsync(cancellationToken);
        var (uses, before) = (await fleet.Provider.UsesAsync(cancellationToken), fleet.UsesBefore);
        var (granted, refused, repeated) = (uses.Granted - before.Granted, uses.Refused - before.Refused, uses.Repeated - before.Repeated);
        report.Find(
            "no login is lost: each is refreshed once more",
            dead.Count == 0,
            $"{Number(granted)} refreshes granted, {Number(refused)} refused{List(dead)}"
        );
        report.Find("no refresh token is used twice, as the provider counts", repeated == 0 && refused == 0, $"{Number(repeated)} times");

        await using var database = NpgsqlDataSource.Create(adminConnectionString);
        await WaitForNotesAsync(database, cancellationToken);
        // Refresh calls are excluded: their entries have a key.
        var stored = await CountAsync(
            database,
            "select count(*) from axvault.audit_entry where action = 'credential.refresh' and outcome = 'success' and key_id is null",
            cancellationToken
        );
        report.Find("each refresh that was granted is stored, and in the audit log, once", stored == granted, $"{Number(stored)} entries");

        var traces = await ReadTracesAsync(database, cancellationToken);
        var (answers, missing) = (0, 0);
        foreach (var trace in load.Answers.TraceIds)
        {
            answers++;
            missing += traces.Contains(trace) ? 0 : 1;
        }

        report.Find("each acknowledged answer is in the audit log", missing == 0, $"{Number(answers)} answers, {Number(missing)} without an entry");
        var (code, line) = await VerifyAsync(fleet.Settings, cancellationToken);
        report.Find("the audit chain verifies", code == 0, line);
    }

    /// <summary>Prints the requests that failed, by the kind of failure.</summary>
    public static void PrintFailures(AnswerLog answers)
    {
        var (failed, sent) = (answers.Failures.Values.Sum(), answers.Successes + answers.Failures.Values.Sum());
        Report.Table(
            ["requests that failed", $"{Number(failed)} of {Number(sent)}"],
            answers
                .Failures.OrderBy(static failure => failure.Key, StringComparer.Ordinal)
                .Select(static failure => new[] { failure.Key, Number(failure.Value) })
        );
        Console.WriteLine();
        Console.WriteLine(
            $"Reads with new tokens: {Number(answers.Refreshed)}. Reads with the old ones although a refresh was due: {Number(answers.NotRefreshed)}."
        );
    }

    private static async Task WaitForNotesAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        for (
            var clock = Stopwatch.StartNew();
            clock.Elapsed < NoteLimit && await CountAsync(database, "select count(*) from axvault.audit_note", cancellationToken) > 0;

        )
        {
            await Task.Delay(Pause, cancellationToken);
        }
    }

    private static async Task<long> CountAsync(NpgsqlDataSource database, string sql, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<HashSet<string>> ReadTracesAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select trace_id from axvault.audit_entry where trace_id is not null");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        HashSet<string> traces = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            traces.Add(reader.GetString(0));
        }

        return traces;
    }

    private static async Task<(int Code, string Line)> VerifyAsync(ReplicaSettings settings, CancellationToken cancellationToken)
    {
        var start = FleetProcess.Describe("dotnet", [Checkout.Server, "audit", "verify"], AppContext.BaseDirectory);
        settings.ApplyTo(start.Environment);
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
        await process.WaitForExitAsync(cancellationToken);
        var said = $"{await output}{await errors}".Trim();

        // The output is "The audit log is intact: 7628 entries in 9 lanes, up to checkpoint 120. Keep its head: axa2.…".
        return (process.ExitCode, process.ExitCode == 0 ? said.Split(". ")[0] : said);
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string List(IReadOnlyCollection<string> lines) => lines.Count == 0 ? "" : $"; {string.Join("; ", lines.Take(5))}";
}
