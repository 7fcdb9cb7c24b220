using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Http;
using Microsoft.AspNetCore.Mvc;

namespace Axvault.Api.Audit;

/// <summary>The audit entry of one request: exactly one, however the request ends, or one for each of several credentials that it touches.</summary>
internal sealed class AuditTrail(AuditLog log, AuditSource source, Caller caller, string action, string? target)
{
    private Caller _caller = caller;
    private AuditEntry? _committed;

    /// <summary>The action, one of <see cref="AuditAction"/>. A parameter of the call may change it.</summary>
    public string Action { get; set; } = action;

    /// <summary>The name of the credential or the id of the key that the request touches. Only a text with that form is kept.</summary>
    public string? Target { get; set; } = target;

    /// <summary>The reason, or another detail. By default the code of the problem.</summary>
    public string? Reason { get; set; }

    /// <summary>The outcome, when the status of the answer does not tell it.</summary>
    public AuditOutcome? Outcome { get; set; }

    /// <summary>The cached rows that decided the request; <see langword="null"/> when none may.</summary>
    public Confirmations? Confirmations { get; set; }

    /// <summary><see langword="true"/> when the entry has been written, or could not be; otherwise <see langword="false"/>.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Makes the entry of a change, which the change commits. A successful answer then needs no further entry.</summary>
    public AuditEntry ForChange() => _committed = source.Describe(Action, AuditOutcome.Success, Reason, Target, _caller);

    /// <summary>Begins again with <paramref name="fresh"/> for a call that is decided anew, by the rows of the database alone.</summary>
    public void Restart(Caller fresh) => (_caller, _committed, Confirmations, Reason, Outcome, IsClosed) = (fresh, null, null, null, null, false);

    /// <summary>Makes no entry, because another one tells of the call.</summary>
    public void Drop() => IsClosed = true;

    /// <summary>Writes the entry of an answer, unless it is written. Returns the answer when the entry is committed.</summary>
    /// <param name="result">The result of the handler.</param>
    /// <exception cref="AuditUnavailableException">The entry cannot be written. The answer must not be given.</exception>
    /// <exception cref="StaleReadException">A cached row that decided the request has changed. Nothing was written.</exception>
    public async ValueTask<object?> CloseAsync(object? result)
    {
        if (!IsClosed)
        {
            var (status, code) = Describe(result);
            await CloseAsync(status, code);
        }

        return result;
    }

    /// <summary>Writes the entry. Returns when it is committed.</summary>
    /// <param name="status">The status of the answer.</param>
    /// <param name="code">The code of the answered problem.</param>
    /// <exception cref="AuditUnavailableException">The entry cannot be written. The answer must not be given.</exception>
    /// <exception cref="StaleReadException">A cached row that decided the request has changed. Nothing was written.</exception>
    public async Task CloseAsync(int status, string? code)
    {
        IsClosed = true;
        var outcome = Outcome ?? AuditOutcomes.Of(status);
        if (_committed is null || outcome != AuditOutcome.Success)
        {
            await log.RecordAsync(source.Describe(Action, outcome, Reason ?? code, Target, _caller), Confirmations);
        }
    }

    /// <summary>
    /// Writes an entry for one of several credentials that the request touches, instead of the request's own entry. Calls may run in parallel.
    /// </summary>
    /// <param name="part">The name of the credential.</param>
    /// <param name="status">The status that a request for it alone would be answered with.</param>
    /// <param name="reason">The reason of a refusal, or another detail.</param>
    /// <param name="confirmations">The cached rows that decided it.</param>
    /// <exception cref="AuditUnavailableException">The entry cannot be written. The answer must not be given.</exception>
    /// <exception cref="StaleReadException">A cached row that decided it has changed. Nothing was written.</exception>
    public Task RecordAsync(string part, int status, string? reason, Confirmations? confirmations)
    {
        IsClosed = true;
        return log.RecordAsync(source.Describe(Action, AuditOutcomes.Of(status), reason, part, _caller), confirmations);
    }

    /// <summary>Writes only the log line, when the database does not answer.</summary>
    public void Abandon(string code)
    {
        IsClosed = true;
        log.Tell(source.Describe(Action, AuditOutcome.Failure, code, Target, _caller));
    }

    private static (int Status, string? Code) Describe(object? result)
    {
        while (result is INestedHttpResult { Result: var inner })
        {
            result = inner;
        }

        var status = (result as IStatusCodeHttpResult)?.StatusCode ?? StatusCodes.Status200OK;
        var code = result is IValueHttpResult { Value: ProblemDetails problem }
            ? problem.Extensions.TryGetValue("error", out var error)
                ? error as string
                : ErrorCode.Of(status)
            : null;
        return (status, code);
    }
}
