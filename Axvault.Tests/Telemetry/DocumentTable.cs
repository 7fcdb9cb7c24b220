using System.Text.RegularExpressions;
using Axvault.Tests.Harness;

namespace Axvault.Tests.Telemetry;

/// <summary>A table of docs/operations/observability.md: the first one below a heading.</summary>
internal static partial class DocumentTable
{
    /// <summary>Returns the rows below <paramref name="heading"/>, each by the names of its columns.</summary>
    public static IReadOnlyList<IReadOnlyDictionary<string, string>> Below(string heading)
    {
        var lines = File.ReadAllLines(Path.Combine(SourceTree.Root, "docs", "operations", "observability.md"))
            .SkipWhile(line => line != $"## {heading}")
            .SkipWhile(static line => !line.StartsWith('|'))
            .TakeWhile(static line => line.StartsWith('|'))
            .Select(static line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))
            .ToList();
        Assert.True(lines.Count > 2, $"There is no table below {heading}.");
        return [.. lines.Skip(2).Select(cells => (IReadOnlyDictionary<string, string>)lines[0].Zip(cells).ToDictionary())];
    }

    /// <summary>Returns the names in the cell of a column, which are written as code.</summary>
    public static IReadOnlyList<string> Names(this IReadOnlyDictionary<string, string> row, string column) =>
        [.. Code().Matches(row[column]).Select(static name => name.Groups[1].Value)];

    /// <summary>Returns the single name in the cell of a column.</summary>
    public static string Name(this IReadOnlyDictionary<string, string> row, string column) => Assert.Single(row.Names(column));

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
