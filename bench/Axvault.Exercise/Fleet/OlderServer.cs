using System.Diagnostics;

namespace Axvault.Exercise.Fleet;

/// <summary>A server built from an older commit of this repository.</summary>
internal static class OlderServer
{
    /// <summary>Builds the server in <paramref name="folder"/>, and returns the path of the program.</summary>
    /// <exception cref="InvalidOperationException">The commit does not exist, or it cannot be built.</exception>
    public static async Task<string> BuildAsync(string commit, string folder, CancellationToken cancellationToken)
    {
        var archive = Path.Combine(folder, "older.tar");
        await DemandAsync("git", ["-C", Checkout.Root, "archive", "--output", archive, commit], cancellationToken);
        await DemandAsync("tar", ["-xf", archive, "-C", folder], cancellationToken);
        await DemandAsync(
            "dotnet",
            [
                "build",
                Path.Combine(folder, "Axvault.Api"),
                "--configuration",
                "Release",
                "--artifacts-path",
                Path.Combine(folder, "artifacts"),
                "-nologo",
                "-verbosity:quiet",
                "-nodeReuse:false",
                "-p:UseSharedCompilation=false",
            ],
            cancellationToken
        );
        return Path.Combine(folder, "artifacts", "bin", "Axvault.Api", "release", "axvault.dll");
    }

    private static async Task DemandAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        if (await RunAsync(program, arguments, cancellationToken) is (not 0, var output))
        {
            throw new InvalidOperationException($"{program} {arguments[^1]}: {output.Trim()}");
        }
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, await output + (process.ExitCode == 0 ? "" : await errors));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
