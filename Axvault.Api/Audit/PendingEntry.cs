using Axvault.Api.Confirmation;
using Axvault.Api.Credentials;

namespace Axvault.Api.Audit;

/// <summary>An entry that waits to be written, and what is written, moved or confirmed with it.</summary>
internal sealed record PendingEntry(AuditEntry Entry)
{
    private volatile bool _isGivenUp;

    /// <summary>The note that it is moved from into the chain.</summary>
    public Guid? Note { get; init; }

    /// <summary>The credential that is put in the same transaction.</summary>
    public CredentialPut? Put { get; init; }

    /// <summary>What must still be stored for it to be true.</summary>
    public Confirmations? Confirmations { get; init; }

    /// <summary>Whether it only tries whether entries can be written.</summary>
    public bool IsProbe { get; init; }

    /// <summary>What came of its put; set by whoever writes it.</summary>
    public PutOutcome? Outcome { get; set; }

    /// <summary>Ends when it is committed, with what came of its put.</summary>
    public TaskCompletionSource<PutOutcome?> Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether nobody waits for it any more.</summary>
    public bool IsGivenUp
    {
        get => _isGivenUp;
        set => _isGivenUp = value;
    }
}
