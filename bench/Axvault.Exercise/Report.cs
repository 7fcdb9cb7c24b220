using System.Diagnostics;
using System.Globalization;

namespace Axvault.Exercise;

/// <summary>The results of an exercise: lines while it runs, and a table of its checks at the end.</summary>
internal sealed class Report
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly List<(string Check, bool Holds, string Seen)> _findings = [];

    /// <summary><see langword="true"/> when every check passed; otherwise <see langword="false"/>.</summary>
    public bool Holds => _findings.TrueForAll(static finding => finding.Holds);

    /// <summary>Prints a line about the progress.</summary>
    public void Say(string line) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(_start).TotalSeconds,6:0.0} s  {line}"));

    /// <summary>Records the result of a check.</summary>
    public void Find(string check, bool holds, string seen) => _findings.Add((check, holds, seen));

    /// <summary>Prints a table.</summary>
    public static void Table(string[] head, IEnumerable<string[]> rows)
    {
        Console.WriteLine();
        Console.WriteLine($"| {string.Join(" | ", head)} |");
        Console.WriteLine($"|{string.Concat(Enumerable.Repeat("---|", head.Length))}");
        foreach (var row in rows)
        {
            Console.WriteLine($"| {string.Join(" | ", row)} |");
        }
    }

    /// <summary>Prints the table of checks.</summary>
    /// <returns>The exit code.</returns>
    public int Conclude()
    {
        Table(["must hold", "", "seen"], _findings.Select(static finding => new[] { finding.Check, finding.Holds ? "yes" : "**NO**", finding.Seen }));
        Console.WriteLine();
        return Holds ? 0 : 1;
    }
}
