using Axvault.Tests.Harness.Packages;

namespace Axvault.Tests.Harness.Agents;

/// <summary>The agents' own programs, in fixed versions.</summary>
internal static class AgentPrograms
{
    private static readonly string Source = Path.Combine(SourceTree.Root, "Axvault.Tests", "Harness", "Agents", "npm");

    private static readonly NpmFolder Programs = new(
        "agents",
        Source,
        // The lock file lacks the programs of other platforms, which "npm ci" refuses. Their parents name an exact version.
        ["install", "--no-save", "--ignore-scripts"],
        // These two packages put the program of the platform in place with a script. Other scripts compile what no test needs.
        ["rebuild", "@anthropic-ai/claude-code", "opencode-ai"]
    );

    /// <summary>The script that makes a call with an official SDK.</summary>
    public static readonly string Sdk = Path.Combine(Source, "sdk.cjs");

    /// <summary>
    /// Returns the path of an agent's program, such as <c>claude</c>. Without npm or its registry the test is skipped. With the variable <c>CI</c> it fails
    /// instead.
    /// </summary>
    public static async Task<string> FindAsync(string program) =>
        Path.Combine(await FindModulesAsync(), ".bin", OperatingSystem.IsWindows() ? program + ".cmd" : program);

    /// <summary>Returns the folder of the installed packages, under the same conditions.</summary>
    public static Task<string> FindModulesAsync() => Programs.FindModulesAsync();
}
