using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Keys;

/// <summary>The refusals that calls on keys share.</summary>
internal static class KeyProblems
{
    /// <summary>The reason why a caller may not make or change a key.</summary>
    public const string MayNotGrant = "The key's access exceeds what this API key may grant.";

    /// <summary>The reason why a caller may not see or delete keys.</summary>
    public const string MayNotAdminister = "This call needs an API key that grants *.";

    /// <summary>The reason why a caller may not rotate a key.</summary>
    public const string MayNotRotate = "A key is rotated by one that may grant its access, or by itself.";

    /// <summary>Returns the 403 of a caller that may make or change no key at all, without its body.</summary>
    public static ProblemHttpResult? RefuseWithoutGrant(HttpContext context, Caller caller, AuditTrail trail) =>
        caller.Scope.Grant.Count > 0 ? null : Deny(caller, MayNotGrant, trail);

    /// <summary>Returns the 403 of a caller that may not rotate the key of the path, without its body.</summary>
    public static ProblemHttpResult? RefuseRotation(HttpContext context, Caller caller, AuditTrail trail) =>
        caller.Scope.Grant.Count > 0 || (!caller.UsesPreviousSecret && context.GetRouteValue("id") is string id && id == caller.KeyId.Value)
            ? null
            : Deny(caller, MayNotRotate, trail);

    /// <summary>Returns 404.</summary>
    public static ProblemHttpResult NotFound() => Problems.NotFound("There is no such key.");

    /// <summary>Returns the refusal of a change that was not made, and gives the audit log its reason.</summary>
    /// <param name="change">The result of the change.</param>
    /// <param name="reason">The reason, if the caller may not make the change and the result has none.</param>
    /// <param name="trail">The audit entry.</param>
    public static ProblemHttpResult Refuse(KeyChange change, string reason, AuditTrail trail)
    {
        trail.Reason = change.Obstacle ?? (change.IsDenied ? reason : null);
        return change switch
        {
            { IsDenied: true } => Problems.Forbidden(trail.Reason!),
            { Obstacle: { } obstacle } => Problems.Conflict(obstacle),
            _ => NotFound(),
        };
    }

    private static ProblemHttpResult Deny(Caller caller, string reason, AuditTrail trail)
    {
        caller.MayManage(false);
        return Refuse(KeyChange.Denied, reason, trail);
    }
}
