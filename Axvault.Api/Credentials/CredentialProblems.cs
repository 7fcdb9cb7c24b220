using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Credentials;

/// <summary>The refusals that calls on credentials share. Their words do not tell whether a credential out of reach exists.</summary>
internal static class CredentialProblems
{
    /// <summary>Returns 400: the path does not hold a valid name.</summary>
    public static ProblemHttpResult InvalidName() => Problems.Invalid("name", CredentialName.Rule);

    /// <summary>Returns 403, and gives the audit log its reason.</summary>
    /// <param name="access"><c>read</c> or <c>write</c>.</param>
    /// <param name="name">The credential.</param>
    /// <param name="trail">The audit entry.</param>
    public static ProblemHttpResult Forbidden(string access, CredentialName name, AuditTrail trail)
    {
        trail.Reason = NoAccess(access);
        return Problems.Forbidden(DescribeForbidden(access, name));
    }

    /// <summary>Returns 404.</summary>
    public static ProblemHttpResult NotFound(CredentialName name) => Problems.NotFound(DescribeNotFound(name));

    /// <summary>Returns 409: the refresh token is spent, or held by another credential. Only a caller that may read that one learns its name.</summary>
    public static ProblemHttpResult TokenTaken(RefreshTokenTakenException exception, Caller caller, AuditTrail trail)
    {
        trail.Reason = exception.Holder is { } holder ? $"its refresh token is held by {holder}" : "its refresh token was used before";
        return Problems.Conflict(
            exception.Holder is { } other
                ? $"{(caller.MayRead(other) ? $"The credential {other}" : "Another credential")} holds this refresh token. "
                    + "One token in two places logs both out. Use that credential, or log in anew. To store this one without refresh, add ?force=true."
                : "This refresh token was used before. Newer tokens are stored: read them, or log in anew. To store this one without refresh, add ?force=true."
        );
    }

    /// <summary>Returns 412.</summary>
    public static ProblemHttpResult PreconditionFailed(CredentialName name) =>
        Problems.PreconditionFailed($"The credential {name} is not in the state that If-Match or If-None-Match asks for. Nothing was done.");

    /// <summary>Returns the reason of a refusal, for the audit log.</summary>
    public static string NoAccess(string access) => $"no {access} access";

    /// <summary>Returns the detail of a refusal.</summary>
    public static string DescribeForbidden(string access, CredentialName name) => $"This API key has no {access} access to {name}.";

    /// <summary>Returns the detail of a missing credential.</summary>
    public static string DescribeNotFound(CredentialName name) => $"There is no credential {name}.";
}
