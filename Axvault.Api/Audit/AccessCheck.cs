using Axvault.Api.Authorization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Audit;

/// <summary>The part of a call's access check that needs no body. The handler makes the whole check again, because a cached key may be stale.</summary>
/// <param name="Refuse">Returns the refusal of a caller that may not make the call with any body, and otherwise <see langword="null"/>.</param>
internal sealed record AccessCheck(Func<HttpContext, Caller, AuditTrail, ProblemHttpResult?> Refuse);
