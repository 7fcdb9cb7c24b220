using Axvault.Api.Chain;

namespace Axvault.Api.Audit;

/// <summary>An entry that waits to be written with the reads of other requests.</summary>
internal sealed record PendingEntry(AuditEntry Entry)
{
    private volatile bool _isGivenUp;
    private volatile bool _isMade;

    /// <summary>The cached rows that must still be stored as they were read.</summary>
    public Confirmations? Confirmations { get; init; }

    /// <summary><see langword="true"/> when it only probes whether entries can be written; otherwise <see langword="false"/>.</summary>
    public bool IsProbe { get; init; }

    /// <summary>Ends when the entry is committed.</summary>
    public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary><see langword="true"/> when no caller waits for it any more; otherwise <see langword="false"/>.</summary>
    public bool IsGivenUp
    {
        get => _isGivenUp;
        set => _isGivenUp = value;
    }

    /// <summary><see langword="true"/> when it is committed, even if its caller was told otherwise; otherwise <see langword="false"/>.</summary>
    public bool IsMade
    {
        get => _isMade;
        set => _isMade = value;
    }
}
