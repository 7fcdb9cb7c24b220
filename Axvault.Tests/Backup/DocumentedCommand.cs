using Axvault.Tests.Conventions;

namespace Axvault.Tests.Backup;

/// <summary>The commands of docs/operations/backup.md: tests run what operators are told to run.</summary>
internal static class DocumentedCommand
{
    // Where to and where from is each one's own.
    private static readonly string[] Own = ["--file=", "--format=", "--dbname=", "--pgdata="];

    /// <summary>The flags of <paramref name="program"/> in the page, but for those that name a place or a format.</summary>
    public static string[] Arguments(string program)
    {
        var command = File.ReadLines(Path.Combine(SourceTree.Root, "docs", "operations", "backup.md")).First(line => line.StartsWith(program + " ", StringComparison.Ordinal));
        return [.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(static word => word.StartsWith("--", StringComparison.Ordinal) && !Own.Any(word.StartsWith))];
    }
}
