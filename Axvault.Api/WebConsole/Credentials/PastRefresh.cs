using Axvault.Client;

namespace Axvault.Api.WebConsole.Credentials;

/// <summary>A refresh, as its audit entry tells it.</summary>
/// <param name="At">The time.</param>
/// <param name="Succeeded"><see langword="true"/> when there are new tokens; otherwise <see langword="false"/>.</param>
/// <param name="Reason">The provider, and the reason of a failure.</param>
public sealed record PastRefresh(DateTimeOffset At, bool Succeeded, string? Reason)
{
    /// <summary>The number of refreshes that are shown.</summary>
    internal const int Shown = 60;

    /// <summary>Returns the refreshes of audit entries, the oldest first.</summary>
    internal static IReadOnlyList<PastRefresh> Of(IReadOnlyList<AuditEntry> entries) =>
        // The entry of a call that ordered a refresh has a key. The refresh itself has an entry of its own, without one.
        [
            .. entries
                .Where(static entry => entry.KeyId is null)
                .Take(Shown)
                .Select(static entry => new PastRefresh(entry.At, entry.Outcome == "success", entry.Reason))
                .Reverse(),
        ];
}
