using Axvault.Api.Authorization;
using Axvault.Api.Confirmation;
using Axvault.Api.Credentials;
using Axvault.Api.Http;

namespace Axvault.Api.Audit;

/// <summary>What one request leaves in the audit log: exactly one entry, whatever becomes of it, or one for each of several things that it touches.</summary>
internal sealed class AuditTrail(AuditLog log, AuditSource source, Caller caller, string action, string? target)
{
    private AuditNote? _note;

    /// <summary>One of <see cref="AuditAction"/>; another than the call's, when a parameter makes it one.</summary>
    public string Action { get; set; } = action;

    /// <summary>The name of the credential or the id of the key that the request touches; only what has the form of one.</summary>
    public string? Target { get; set; } = target;

    /// <summary>Why it was refused or failed, or what else there is to say; by default the code of the problem.</summary>
    public string? Reason { get; set; }

    /// <summary>How it ended, when the status of the answer does not tell.</summary>
    public AuditOutcome? Outcome { get; set; }

    /// <summary>Whether what was changed is answered although it could not be recorded: it will be, later.</summary>
    public bool MayBeLate { get; set; }

    /// <summary>What the request was decided by from memory; <see langword="null"/> when nothing may be.</summary>
    public Confirmations? Confirmations { get; init; }

    /// <summary>Whether the entry has been written, or could not be.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>The note that the request's change is to write in its own transaction.</summary>
    public AuditNote Note() => _note = source.Note(Action, AuditOutcome.Success, Reason, Target, caller);

    /// <summary>The change could not write its note: an entry is written in its place.</summary>
    public void DropNote() => _note = null;

    /// <summary>Puts a credential with the entry, in one transaction, which closes the trail; returns when it is committed, or when the put could not be made as it is.</summary>
    /// <exception cref="AuditUnavailableException">Nothing can be recorded; it is not known whether it was put.</exception>
    /// <exception cref="StaleReadException">What the request was decided by has changed; nothing was put.</exception>
    public async Task<PutOutcome> PutAsync(CredentialPut put)
    {
        try
        {
            var outcome = await log.RecordAsync(source.Describe(Action, AuditOutcome.Success, Reason, Target, caller), put, Confirmations);
            IsClosed = outcome.IsMade;
            return outcome;
        }
        catch (AuditUnavailableException)
        {
            Abandon(ErrorCode.Of(StatusCodes.Status503ServiceUnavailable));
            throw;
        }
        catch (StaleReadException)
        {
            IsClosed = true;
            throw;
        }
    }

    /// <summary>Writes the entry; returns when it is committed.</summary>
    /// <param name="status">The status of the answer.</param>
    /// <param name="code">The code of the problem that is answered.</param>
    /// <exception cref="AuditUnavailableException">It cannot be written: the answer must not be given.</exception>
    /// <exception cref="StaleReadException">What the request was decided by has changed; nothing was written.</exception>
    public async Task CloseAsync(int status, string? code)
    {
        IsClosed = true;
        var outcome = Outcome ?? AuditOutcomes.Of(status);
        if (_note is { } note && outcome == AuditOutcome.Success)
        {
            await (MayBeLate ? log.TryRecordAsync(note) : log.RecordAsync(note));
            return;
        }

        var entry = source.Describe(Action, outcome, Reason ?? code, Target, caller);
        await (MayBeLate && outcome == AuditOutcome.Success ? log.TryRecordAsync(entry) : log.RecordAsync(entry, Confirmations));
    }

    /// <summary>Writes an entry of its own for one of several things that the request touches; they are in place of the request's. It may be called for several at once.</summary>
    /// <param name="part">The name of the credential.</param>
    /// <param name="status">The status that a request for it alone would be answered with.</param>
    /// <param name="reason">Why it was refused, or what else there is to say.</param>
    /// <param name="confirmations">What it was decided by from memory.</param>
    /// <exception cref="AuditUnavailableException">It cannot be written: the answer must not be given.</exception>
    /// <exception cref="StaleReadException">What it was decided by has changed; nothing was written.</exception>
    public Task RecordAsync(string part, int status, string? reason, Confirmations? confirmations)
    {
        IsClosed = true;
        return log.RecordAsync(source.Describe(Action, AuditOutcomes.Of(status), reason, part, caller), confirmations);
    }

    /// <summary>Writes the log line alone: the database does not answer.</summary>
    public void Abandon(string code)
    {
        IsClosed = true;
        log.Tell(source.Describe(Action, AuditOutcome.Failure, code, Target, caller));
    }
}
