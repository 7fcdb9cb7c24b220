using Axvault.Tests.Harness;

namespace Axvault.Tests.Backup;

/// <summary>Reads the commands of docs/operations/backup.md, so that tests run exactly what the page tells operators to run.</summary>
internal static class DocumentedCommand
{
    // Flags that name a place or a format; each caller sets its own.
    private static readonly string[] Own = ["--file=", "--format=", "--dbname=", "--pgdata="];

    /// <summary>Returns the flags of <paramref name="program"/> in the page, except those that name a place or a format.</summary>
    public static string[] Arguments(string program)
    {
        var command = File.ReadLines(Path.Combine(SourceTree.Root, "docs", "operations", "backup.md"))
            .First(line => line.StartsWith(program + " ", StringComparison.Ordinal));
        return
        [
            .. command
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Where(static word => word.StartsWith("--", StringComparison.Ordinal) && !Own.Any(word.StartsWith)),
        ];
    }
}
