using Axvault.Api.Audit;
using Axvault.Api.Chain;
using Axvault.Api.RateLimits;

namespace Axvault.Api.Authentication;

/// <summary>
/// Limits failed authentications per address, and answers requests without a valid key. A backed-off address gets 429, any other gets 401. Both answers have
/// an audit entry.
/// </summary>
internal sealed class AuthenticationGate(
    Limits limits,
    RateLimitAnswer limited,
    AuditLog audit,
    AuditSource source,
    AuthenticationTelemetry telemetry,
    IProblemDetailsService problems
)
{
    /// <summary>Returns <see langword="true"/> when the key of a request may be looked up; otherwise <see langword="false"/>.</summary>
    /// <param name="context">The request.</param>
    /// <param name="attempt">The authentication of the request.</param>
    /// <param name="isCached">
    /// Returns <see langword="true"/> when the read cache holds the key and would allow it. Such a key is let through and confirmed as usual, because a client
    /// that fails may share its address. A cached key that would be refused is limited like an unknown one: otherwise a thief would learn that it exists.
    /// </param>
    /// <param name="isStored">Returns <see langword="true"/> when the database holds the key and would allow it, for a key that is in no cache yet.</param>
    public async Task<bool> LetsThroughAsync(HttpContext context, AuthenticationAttempt attempt, Func<bool> isCached, Func<Task<bool>> isStored)
    {
        var origin = OriginOf(context);
        if (!limits.Failures.IsWatched(origin) || isCached() || limits.Failures.TryEnter(origin, out var refusal) || await isStored())
        {
            attempt.IsLetThrough = true;
            return true;
        }

        attempt.Limited = refusal;
        return false;
    }

    /// <summary>Answers a request without a valid key.</summary>
    /// <exception cref="AuditUnavailableException">The refusal cannot be recorded.</exception>
    public async Task RefuseAsync(HttpContext context, AuthenticationAttempt attempt)
    {
        // A request with a missing or malformed key needed no lookup. It is limited here, because each refusal writes an audit entry.
        if (!attempt.IsLetThrough && attempt.Limited is null && !limits.Failures.TryEnter(OriginOf(context), out var refusal))
        {
            attempt.Limited = refusal;
        }

        if (attempt.Limited is { } refused)
        {
            await limited.GiveAsync(context, LimitKind.Authentication, refused);
            return;
        }

        limits.Failures.Fail(OriginOf(context));
        var presented = PresentedKey.IsIn(context);
        if (!presented)
        {
            telemetry.Failed(null, AuthenticationOutcome.Missing);
        }

        await audit.RecordAsync(source.Describe(AuditAction.Authenticate, AuditOutcome.Denied, attempt.Reason, caller: attempt.Refused));
        await AnswerAsync(context, presented);
    }

    private async Task AnswerAsync(HttpContext context, bool presented)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = presented ? "Bearer error=\"invalid_token\"" : "Bearer";
        await problems.WriteAsync(
            new ProblemDetailsContext
            {
                HttpContext = context,
                ProblemDetails =
                {
                    Status = StatusCodes.Status401Unauthorized,
                    Detail = presented ? "The API key is not valid." : "Send an API key: Authorization: Bearer axv_sk_…",
                },
            }
        );
    }

    private static ClientOrigin OriginOf(HttpContext context) => ClientOrigin.Of(context.Connection.RemoteIpAddress);
}
