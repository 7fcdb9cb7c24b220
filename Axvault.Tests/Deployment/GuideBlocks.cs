namespace Axvault.Tests.Deployment;

/// <summary>The shell commands of a guide, as a reader copies them.</summary>
internal static class GuideBlocks
{
    /// <summary>Returns the shell blocks below a heading of a guide, in order.</summary>
    /// <param name="guide">The path of the guide in the repository.</param>
    /// <param name="heading">The heading.</param>
    public static IReadOnlyList<string> Read(string guide, string heading)
    {
        var text = File.ReadAllText(DeploymentFile.PathOf(guide));
        var section = text.Split("\n## ").Single(section => section.StartsWith($"{heading}\n", StringComparison.Ordinal));
        return [.. section.Split("```sh\n").Skip(1).Select(static block => block.Split("```")[0])];
    }
}
