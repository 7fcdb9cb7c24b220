using System.Globalization;
using Axvault.Api.Http;

namespace Axvault.Api.Chain;

/// <summary>
/// The state in which a change left a row: the last words of the reason in its audit entry. Verification finds a row that is older. Pure.
/// </summary>
internal static class RowState
{
    /// <summary>The words about a version of a credential, as a regular expression of PostgreSQL. Its groups are the id and the revision.</summary>
    public const string VersionPattern = "version ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) revision ([0-9]{1,18})$";

    /// <summary>The words about a row with a MAC, as a regular expression of PostgreSQL. Its group is the time of the last change.</summary>
    public const string TimePattern = "state of ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z)$";

    /// <summary>Returns the entry of a change that left a version of a credential in <paramref name="revision"/>.</summary>
    public static AuditEntry Stating(this AuditEntry entry, Guid version, long revision)
    {
        var (row, state) = ($"version {version:d}", string.Create(CultureInfo.InvariantCulture, $"revision {revision}"));
        // A reason may end with the version already.
        return entry.Reason?.EndsWith(row, StringComparison.Ordinal) == true
            ? entry with { Reason = $"{entry.Reason} {state}" }
            : Join(entry, $"{row} {state}");
    }

    /// <summary>Returns the entry of a change that left a row with a MAC as changed at <paramref name="updatedAt"/>, in milliseconds.</summary>
    public static AuditEntry Stating(this AuditEntry entry, DateTimeOffset updatedAt) => Join(entry, $"state of {Timestamp.ToText(updatedAt)}");

    // A long reason is cut, and not the state.
    private static AuditEntry Join(AuditEntry entry, string state) =>
        entry with
        {
            Reason = entry.Reason is null ? state : $"{AuditEntry.Cut(entry.Reason, AuditEntry.MaxTextLength - state.Length - 2)}; {state}",
        };
}
