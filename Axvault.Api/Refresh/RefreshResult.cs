using Axvault.Api.Credentials;
using Axvault.Api.Refresh.Grants;

namespace Axvault.Api.Refresh;

/// <summary>A credential, and what came of the wish to refresh it. A class, so that no record's ToString prints the data.</summary>
internal sealed class RefreshResult
{
    private RefreshResult(OpenedCredential credential, RefreshOutcome outcome, FailureClass? failure = null, string? error = null) =>
        (Credential, Outcome, Failure, Error) = (credential, outcome, failure, error);

    /// <summary>The credential, as it is to be served.</summary>
    public OpenedCredential Credential { get; }

    /// <summary>What came of it.</summary>
    public RefreshOutcome Outcome { get; }

    /// <summary>How bad the failure is.</summary>
    public FailureClass? Failure { get; }

    /// <summary>What failed: one of <see cref="RefreshError"/>.</summary>
    public string? Error { get; }

    /// <summary>What the audit log is to say of a read; nothing when no refresh was due.</summary>
    public string? AuditReason => Outcome == RefreshOutcome.NotDue ? null : Error is { } error ? $"not refreshed: {error}" : "refreshed";

    /// <summary>No refresh was due.</summary>
    public static RefreshResult NotDue(OpenedCredential credential) => new(credential, RefreshOutcome.NotDue);

    /// <summary><paramref name="credential"/> has fresh tokens.</summary>
    public static RefreshResult Refreshed(OpenedCredential credential) => new(credential, RefreshOutcome.Refreshed);

    /// <summary>The tokens could not be refreshed.</summary>
    public static RefreshResult Failed(OpenedCredential credential, FailureClass failure, string error) => new(credential, RefreshOutcome.Failed, failure, error);
}
