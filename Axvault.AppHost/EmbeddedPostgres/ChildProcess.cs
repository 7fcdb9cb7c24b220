using System.Diagnostics;
using System.Text;

namespace Axvault.AppHost.EmbeddedPostgres;

/// <summary>Runs a program to its end.</summary>
internal static class ChildProcess
{
    private const int MaxReportedCharacters = 2000;

    /// <summary>Runs <paramref name="program"/> and waits for it; it is killed when the wait is cancelled.</summary>
    /// <param name="program">The program, looked up in the path.</param>
    /// <param name="arguments">Its arguments; never a secret, which every user of the machine could read.</param>
    /// <param name="folder">Its working folder.</param>
    /// <param name="input">What it reads from standard input.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="EmbeddedPostgresException">It ended with an exit code other than 0; the message has the end of what it printed.</exception>
    public static async Task RunAsync(string program, IEnumerable<string> arguments, string folder, string? input, CancellationToken cancellationToken)
    {
        using var process = new Process { StartInfo = StartInfo(program, arguments, folder) };
        process.StartInfo.RedirectStandardInput = true;
        var output = new StringBuilder();
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(output, line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        if (process.ExitCode != 0)
        {
            throw new EmbeddedPostgresException($"{Path.GetFileNameWithoutExtension(program)} ended with exit code {process.ExitCode}: {Tail(output)}");
        }
    }

    /// <summary>What a child is started with: no shell, no window, its output read by us.</summary>
    public static ProcessStartInfo StartInfo(string program, IEnumerable<string> arguments, string folder) => new(program, arguments)
    {
        WorkingDirectory = folder,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        UseShellExecute = false,
        CreateNoWindow = true,
    };

    private static void Append(StringBuilder output, string? line)
    {
        lock (output)
        {
            output.AppendLine(line);
        }
    }

    private static string Tail(StringBuilder output)
    {
        lock (output)
        {
            return output.ToString(Math.Max(0, output.Length - MaxReportedCharacters), Math.Min(output.Length, MaxReportedCharacters)).Trim();
        }
    }
}
