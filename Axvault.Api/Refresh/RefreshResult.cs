using Axvault.Api.Refresh.Grants;
using Axvault.Api.Stored;

namespace Axvault.Api.Refresh;

/// <summary>A credential and the outcome of its refresh. A class, because the ToString of a record would print the data.</summary>
internal sealed class RefreshResult
{
    private RefreshResult(OpenedCredential credential, RefreshOutcome outcome, FailureClass? failure = null, string? error = null) =>
        (Credential, Outcome, Failure, Error) = (credential, outcome, failure, error);

    /// <summary>The credential to serve.</summary>
    public OpenedCredential Credential { get; }

    /// <summary>The outcome.</summary>
    public RefreshOutcome Outcome { get; }

    /// <summary>The class of the failure.</summary>
    public FailureClass? Failure { get; }

    /// <summary>The error, one of the codes in <see cref="RefreshError"/>.</summary>
    public string? Error { get; }

    /// <summary>The reason in the audit entry of a read; <see langword="null"/> when no refresh was due.</summary>
    public string? AuditReason =>
        Outcome == RefreshOutcome.NotDue ? null
        : Error is { } error ? $"not refreshed: {error}"
        : "refreshed";

    /// <summary>Returns the result of a read without a due refresh.</summary>
    public static RefreshResult NotDue(OpenedCredential credential) => new(credential, RefreshOutcome.NotDue);

    /// <summary>Returns the result of a refresh that succeeded.</summary>
    public static RefreshResult Refreshed(OpenedCredential credential) => new(credential, RefreshOutcome.Refreshed);

    /// <summary>Returns the result of a refresh that failed.</summary>
    public static RefreshResult Failed(OpenedCredential credential, FailureClass failure, string error) =>
        new(credential, RefreshOutcome.Failed, failure, error);
}
