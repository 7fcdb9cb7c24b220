using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Credentials;

/// <summary>The refusals that calls on credentials share. What a key may not reach is refused in the same words whether or not it exists.</summary>
internal static class CredentialProblems
{
    /// <summary>400: the path has no name of a credential.</summary>
    public static ProblemHttpResult InvalidName() => Problems.Invalid("name", CredentialName.Rule);

    /// <summary>403, and why in the audit log.</summary>
    /// <param name="access"><c>read</c> or <c>write</c>.</param>
    /// <param name="name">The credential.</param>
    /// <param name="trail">Told of it.</param>
    public static ProblemHttpResult Forbidden(string access, CredentialName name, AuditTrail trail)
    {
        ArgumentNullException.ThrowIfNull(trail);

        trail.Reason = NoAccess(access);
        return Problems.Forbidden(DescribeForbidden(access, name));
    }

    /// <summary>404.</summary>
    public static ProblemHttpResult NotFound(CredentialName name) => Problems.NotFound(DescribeNotFound(name));

    /// <summary>412.</summary>
    public static ProblemHttpResult PreconditionFailed(CredentialName name) =>
        Problems.PreconditionFailed($"The credential {name} is not in the state that If-Match or If-None-Match asks for. Nothing was done.");

    /// <summary>Why an access is refused, for the audit log.</summary>
    public static string NoAccess(string access) => $"no {access} access";

    /// <summary>What is said of an access that is refused.</summary>
    public static string DescribeForbidden(string access, CredentialName name) => $"This API key has no {access} access to {name}.";

    /// <summary>What is said of a credential that is not there.</summary>
    public static string DescribeNotFound(CredentialName name) => $"There is no credential {name}.";
}
