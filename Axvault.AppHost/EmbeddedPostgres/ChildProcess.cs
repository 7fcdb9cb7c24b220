using System.Diagnostics;
using System.Text;

namespace Axvault.AppHost.EmbeddedPostgres;

/// <summary>A program that runs to its end.</summary>
internal static class ChildProcess
{
    private const int MaxReportedCharacters = 2000;

    /// <summary>Runs <paramref name="program"/> and waits for its end. A cancelled wait kills it.</summary>
    /// <param name="program">The program, looked up in the path.</param>
    /// <param name="arguments">The arguments, never a secret: every user of the machine can read them.</param>
    /// <param name="folder">The working folder.</param>
    /// <param name="input">The text for standard input.</param>
    /// <param name="cancellationToken">The token that cancels the wait.</param>
    /// <exception cref="EmbeddedPostgresException">The exit code was not 0. The message has the end of the output.</exception>
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

    /// <summary>Returns the start information of a child without a shell or a window, whose output is redirected.</summary>
    public static ProcessStartInfo StartInfo(string program, IEnumerable<string> arguments, string folder) =>
        new(program, arguments)
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
