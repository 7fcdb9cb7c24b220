using System.Diagnostics;
using Axvault.Tests.Harness;

namespace Axvault.Tests.Properties;

/// <summary>Runs the coverage-guided fuzzer in fuzz/Axvault.Fuzz. The properties it checks are in its targets (docs/fuzzing.md).</summary>
public sealed class FuzzTests
{
    // Seconds for each target. Longer runs are started by hand.
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
    public async Task Every_input_of_the_corpus_passes_its_target()
    {
        var (exitCode, output) = await RunAsync("replay");

        Assert.True(exitCode == 0, output);
        Assert.All(Targets(), target => Assert.Contains($"{target}: ", output, StringComparison.Ordinal));
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task New_inputs_derived_from_the_corpus_pass_their_target()
    {
        var seed = Random.Shared.Next(1_000_000);
        var (exitCode, output) = await RunAsync("fuzz", "--seconds", $"{Seconds}", "--seed", $"{seed}", "--forget");

        Assert.True(exitCode == 0, output);
        Assert.Equal(Targets().Count, output.Split('\n').Count(line => line.EndsWith($"seed {seed}", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_fuzz_target_is_documented()
    {
        var document = File.ReadAllText(Path.Combine(SourceTree.Root, "docs", "fuzzing.md"));

        Assert.All(Targets(), target => Assert.Contains($"| `{target}` |", document, StringComparison.Ordinal));
    }

    private static List<string> Targets() =>
        [.. Directory.EnumerateDirectories(Path.Combine(SourceTree.Root, "fuzz", "corpus")).Select(static folder => Path.GetFileName(folder))];

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        try
        {
            var (output, errors) = (
                process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken),
                process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)
            );
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(4), TestContext.Current.CancellationToken);
            return (process.ExitCode, $"{await output}\n{await errors}");
        }
        finally
        {
            process.Kill();
        }
    }
}
