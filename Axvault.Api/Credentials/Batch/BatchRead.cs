using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Axvault.Api.Refresh;

namespace Axvault.Api.Credentials.Batch;

// A class, because the ToString of a record would print the data.
/// <summary>The read of one credential of a batch.</summary>
internal sealed class BatchRead(CredentialName name)
{
    private RefreshOutcome _refreshed = RefreshOutcome.NotDue;
    private string? _refreshReason;

    /// <summary>The credential's name.</summary>
    public CredentialName Name => name;

    /// <summary>The cached row that decides the read; <see langword="null"/> when none may.</summary>
    public Confirmations? Confirmations { get; set; } = new();

    /// <summary>The outcome; <see langword="null"/> before the read, and when there was no room for the data.</summary>
    public BatchReadOutcome? Outcome { get; private set; }

    /// <summary>The reason in the audit entry.</summary>
    public string? Reason { get; private set; }

    /// <summary><see langword="true"/> when the audit entry is committed; otherwise <see langword="false"/>.</summary>
    public bool IsRecorded { get; set; }

    /// <summary>Keeps the outcome of a refresh, also when the credential has to be read once more.</summary>
    public void Note(RefreshResult found)
    {
        if (found.Outcome != RefreshOutcome.NotDue)
        {
            (_refreshed, _refreshReason) = (found.Outcome, found.AuditReason);
        }
    }

    /// <summary>Ends the read with a credential.</summary>
    public void Serve(RefreshResult found)
    {
        Reason = _refreshReason;
        Outcome = new BatchReadOutcome
        {
            Name = name.Value,
            Status = StatusCodes.Status200OK,
            Etag = found.Credential.Stored.Tag.ToString(),
            Refreshed = _refreshed == RefreshOutcome.Refreshed ? true : null,
            RefreshFailed = _refreshed == RefreshOutcome.Failed ? true : null,
            Credential = CredentialResponse.Of(found.Credential.Stored.Metadata, found.Credential.Data),
        };
    }

    /// <summary>Ends the read with a refusal.</summary>
    public void Refuse(int status, string reason, string detail)
    {
        Reason = reason;
        Outcome = new BatchReadOutcome
        {
            Name = name.Value,
            Status = status,
            Error = ErrorCode.Of(status),
            Detail = detail,
        };
    }

    /// <summary>Forgets the outcome, so that the credential is read again.</summary>
    /// <param name="confirmations">The cached row that may decide then.</param>
    public void Repeat(Confirmations? confirmations) => (Outcome, Confirmations) = (null, confirmations);
}
