namespace Axvault.Api.Audit.Reading;

/// <summary>The entries to count, by parts of time.</summary>
/// <param name="Since">The earliest time, included.</param>
/// <param name="Until">The latest time, not included.</param>
/// <param name="Part">The length of a part.</param>
internal sealed record AuditCountQuery(DateTimeOffset Since, DateTimeOffset Until, AuditPart Part)
{
    /// <summary>The greatest number of parts.</summary>
    public const int MaxParts = 400;

    /// <summary>The name of a credential: actions on it.</summary>
    public string? Credential { get; init; }

    /// <summary>The id of a key: actions by it and on it.</summary>
    public string? Key { get; init; }

    /// <summary>Returns the number of parts that the range touches.</summary>
    public long CountParts() => (Part.StartOf(Until.AddTicks(-1)) - Part.StartOf(Since)).Ticks / Part.Length.Ticks + 1;

    /// <summary>Returns the start of each part that the range touches, in their order.</summary>
    public IEnumerable<DateTimeOffset> Starts() =>
        Enumerable.Range(0, (int)CountParts()).Select(number => Part.StartOf(Since) + Part.Length * number);
}
