using System.Globalization;
using System.Runtime.InteropServices;
using Axvault.Exercise;
using Axvault.Exercise.Cases;

// Every run ends in bounded time, together with everything that it started.
using var end = new CancellationTokenSource(TimeSpan.FromMinutes(9));
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);

try
{
    switch (args)
    {
        case ["failover"]:
            return await FailoverCase.RunAsync(kills: 10, end.Token);
        case ["failover", var count] when int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var kills) && kills is >= 1 and <= 15:
            return await FailoverCase.RunAsync(kills, end.Token);
        case ["rolling"]:
            return await RollingCase.RunAsync(older: null, end.Token);
        case ["rolling", var commit]:
            return await RollingCase.RunAsync(commit, end.Token);
        default:
            Console.Error.WriteLine(
                """
                usage: failover [KILLS]   three replicas on a Patroni cluster whose primary is killed KILLS times (1 to 15; default 10)
                       rolling [COMMIT]   three replicas, restarted one after another, and then upgraded from COMMIT when it is given (0.3 or later)
                """
            );
            return 2;
    }
}
catch (MissingProgramsException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 2;
}
catch (Exception exception) when (exception is InvalidOperationException or TimeoutException or HttpRequestException)
{
    // The exercise could not be run. The logs of its processes are kept.
    Console.Error.WriteLine($"{exception.Message} See artifacts/exercise.");
    return 1;
}
catch (OperationCanceledException) when (end.IsCancellationRequested)
{
    Console.Error.WriteLine("Interrupted, or not finished within 9 minutes.");
    return 1;
}

void End(PosixSignalContext context)
{
    context.Cancel = true;
    end.Cancel();
}
