using Axvault.Api.Audit.Verification;
using AuditReport = Axvault.Client.AuditReport;

namespace Axvault.Api.WebConsole.Audit;

/// <summary>A verification under way.</summary>
public sealed class VerificationRun
{
    // A browser keeps every step of a page, so a long verification has few of them.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly VerificationProgress _progress;
    private readonly TimeProvider _time;

    internal VerificationRun(Task<AuditReport> report, VerificationProgress progress, TimeProvider time) =>
        (Report, _progress, _time) = (report, progress, time);

    /// <summary>The task that ends with the result.</summary>
    public Task<AuditReport> Report { get; }

    /// <summary>The number of entries that there are; 0 until they are counted.</summary>
    public long Entries => _progress.Entries;

    /// <summary>The number of entries that were found intact.</summary>
    public long Checked => _progress.Checked;

    /// <summary>Waits until the result is there or the numbers are others, and at least for a moment.</summary>
    public async Task WaitAsync()
    {
        var told = (Entries, Checked);
        do
        {
            await ((Task)Report).WaitAsync(Pause, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        } while (!Report.IsCompleted && told == (Entries, Checked));
    }

    /// <summary>Waits for a moment. Returns <see langword="true"/> when the result is there; otherwise <see langword="false"/>.</summary>
    internal async Task<bool> EndsSoonAsync()
    {
        await ((Task)Report).WaitAsync(Pause / 2, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return Report.IsCompleted;
    }
}
