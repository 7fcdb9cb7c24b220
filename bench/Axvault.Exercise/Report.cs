using System.Diagnostics;
using System.Globalization;

namespace Axvault.Exercise;

/// <summary>What an exercise found: lines while it runs, and at its end a table of what had to hold.</summary>
internal sealed class Report
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly List<(string What, bool Holds, string Seen)> _findings = [];

    /// <summary>Whether all that was looked at held.</summary>
    public bool Holds => _findings.TrueForAll(static finding => finding.Holds);

    /// <summary>Says what goes on.</summary>
    public void Say(string line) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(_start).TotalSeconds,6:0.0} s  {line}"));

    /// <summary>Notes whether something held that must.</summary>
    public void Find(string what, bool holds, string seen) => _findings.Add((what, holds, seen));

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

    /// <summary>Prints what was found.</summary>
    /// <returns>The exit code.</returns>
    public int Conclude()
    {
        Table(["must hold", "", "seen"], _findings.Select(static finding => new[] { finding.What, finding.Holds ? "yes" : "**NO**", finding.Seen }));
        Console.WriteLine();
        return Holds ? 0 : 1;
    }
}
