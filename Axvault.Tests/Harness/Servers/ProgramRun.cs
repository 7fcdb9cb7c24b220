using System.Diagnostics;
using Axvault.Tests.Harness.Leaks;

namespace Axvault.Tests.Harness.Servers;

/// <summary>A run of the program that ended by itself, for commands that start no server.</summary>
internal sealed record ProgramRun(int ExitCode, string Output, string Errors)
{
    /// <summary>Runs the program with <paramref name="arguments"/>.</summary>
    public static Task<ProgramRun> ToEndAsync(params string[] arguments) => ToEndAsync(VaultServer.StartInfo(arguments));

    /// <summary>Runs the program of <paramref name="start"/>, and kills it when it does not end in time.</summary>
    public static Task<ProgramRun> ToEndAsync(ProcessStartInfo start) => ToEndAsync(start, Until.Limit);

    /// <summary>Runs the program of <paramref name="start"/>, and kills it when it does not end within <paramref name="time"/>.</summary>
    public static async Task<ProgramRun> ToEndAsync(ProcessStartInfo start, TimeSpan time)
    {
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(time);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            LeakWatch.Line(EmissionChannel.Output, LeakWatch.CurrentTest, await output);
            foreach (var line in (await errors).Split('\n'))
            {
                LeakWatch.Line(EmissionChannel.Errors, LeakWatch.CurrentTest, line);
            }

            return new ProgramRun(process.ExitCode, await output, await errors);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
