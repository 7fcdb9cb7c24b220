using System.Diagnostics;
using Axvault.Tests.Conventions;

namespace Axvault.Tests.Properties;

/// <summary>The fuzzer of fuzz/Axvault.Fuzz, guided by what of the server's code an input reaches: what must hold of each reader is in its targets (docs/fuzzing.md).</summary>
public sealed class FuzzTests
{
    // As many seconds for each target; a longer run is somebody's own.
    private const int Seconds = 4;

    private static string Program
    {
        get
        {
            // artifacts/bin/Axvault.Tests/debug -> artifacts/bin/Axvault.Fuzz/debug.
            var tests = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(tests.Parent!.Parent!.FullName, "Axvault.Fuzz", tests.Name, "Axvault.Fuzz.dll");
        }
    }

    [Fact]
    public async Task Every_input_of_the_corpus_keeps_what_must_hold()
    {
        var (exitCode, output) = await RunAsync("replay");

        Assert.True(exitCode == 0, output);
        Assert.All(Targets(), target => Assert.Contains($"{target}: ", output, StringComparison.Ordinal));
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task New_inputs_that_are_made_of_the_corpus_keep_it_as_well()
    {
        var seed = Random.Shared.Next(1_000_000);
        var (exitCode, output) = await RunAsync("fuzz", "--seconds", $"{Seconds}", "--seed", $"{seed}");

        Assert.True(exitCode == 0, output);
        Assert.Equal(Targets().Count, output.Split('\n').Count(line => line.EndsWith($"seed {seed}", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_target_is_in_the_document()
    {
        var document = File.ReadAllText(Path.Combine(SourceTree.Root, "docs", "fuzzing.md"));

        Assert.All(Targets(), target => Assert.Contains($"| `{target}` |", document, StringComparison.Ordinal));
    }

    private static List<string> Targets() => [.. Directory.EnumerateDirectories(Path.Combine(SourceTree.Root, "fuzz", "corpus")).Select(static folder => Path.GetFileName(folder))];

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(4), TestContext.Current.CancellationToken);
            return (process.ExitCode, $"{await output}\n{await errors}");
        }
        finally
        {
            process.Kill();
        }
    }
}
