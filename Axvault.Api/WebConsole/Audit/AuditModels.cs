using Axvault.Api.WebConsole.Layout;
using Axvault.Client;

namespace Axvault.Api.WebConsole.Audit;

/// <summary>The audit log, from a cursor on.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Filter">The filter.</param>
/// <param name="Entries">The entries, the newest first.</param>
/// <param name="NextCursor">The cursor of the next page; <see langword="null"/> on the last one.</param>
/// <param name="Counts">The numbers for the chart; <see langword="null"/> for rows alone.</param>
public sealed record AuditListModel(PageFrame Frame, AuditFilter Filter, IReadOnlyList<AuditEntry> Entries, string? NextCursor, AuditCounts? Counts);

/// <summary>The verification of the audit log.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Report">The result; <see langword="null"/> before one.</param>
/// <param name="Run">The verification that the page waits for; <see langword="null"/> when there is none.</param>
public sealed record VerificationModel(PageFrame Frame, AuditReport? Report, VerificationRun? Run = null);
