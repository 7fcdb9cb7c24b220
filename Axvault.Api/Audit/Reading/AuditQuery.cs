using System.Globalization;
using Axvault.Api.Chain;

namespace Axvault.Api.Audit.Reading;

/// <summary>The requested entries, newest first.</summary>
internal sealed record AuditQuery
{
    /// <summary>The greatest number of entries in one page.</summary>
    public const int MaxLimit = 1000;

    /// <summary>The number of entries in a page without a limit.</summary>
    public const int DefaultLimit = 100;

    /// <summary>The form of a cursor, as a regular expression.</summary>
    public const string CursorPattern = "^[0-9]+-[0-9]+-[0-9]+$";

    /// <summary>The earliest time, included.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The latest time, not included.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>One of <see cref="AuditAction"/>.</summary>
    public string? Action { get; init; }

    /// <summary>The name of an outcome.</summary>
    public string? Outcome { get; init; }

    /// <summary>The id of a key: actions by it and on it.</summary>
    public string? Key { get; init; }

    /// <summary>The name of a credential: actions on it.</summary>
    public string? Credential { get; init; }

    /// <summary>The last entry that was seen.</summary>
    public (DateTimeOffset At, long Lane, long Sequence)? After { get; init; }

    /// <summary>The greatest number of entries; <see langword="null"/> for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Returns the cursor of an entry, for the page after it.</summary>
    public static string Cursor(DateTimeOffset at, long lane, long sequence) =>
        string.Create(CultureInfo.InvariantCulture, $"{at.ToUnixTimeMilliseconds()}-{lane}-{sequence}");
}
