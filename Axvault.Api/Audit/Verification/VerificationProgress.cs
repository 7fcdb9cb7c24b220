namespace Axvault.Api.Audit.Verification;

/// <summary>The progress of a verification. As a feature of its request it tells the caller in the same process; the answer is the same. Thread-safe.</summary>
internal sealed class VerificationProgress
{
    private long _entries;
    private long _checked;

    /// <summary>The number of entries that there are; 0 until they are counted.</summary>
    public long Entries => Interlocked.Read(ref _entries);

    /// <summary>The number of entries that were found intact.</summary>
    public long Checked => Interlocked.Read(ref _checked);

    /// <summary>Tells how many entries there are.</summary>
    public void Begin(long entries) => Interlocked.Exchange(ref _entries, entries);

    /// <summary>Tells how many entries were found intact.</summary>
    public void Advance(long count) => Interlocked.Exchange(ref _checked, count);
}
