using System.Globalization;
using Axvault.Api.Audit;
using Axvault.Api.Chain;
using Axvault.Api.RateLimits;
using Axvault.Api.WebConsole.Layout;

namespace Axvault.Api.WebConsole.Oidc;

/// <summary>Refuses sign-ins. Each refusal is in the audit log, and counts as a failed authentication of its address.</summary>
internal sealed class OidcRefusals(Limits limits, RefusalRecorder recorder, RateLimitTelemetry telemetry, AuditLog audit, AuditSource source)
{
    /// <summary>Returns the page for an address with too many failures; <see langword="null"/> when it may try.</summary>
    public async Task<IResult?> LimitAsync(HttpContext context)
    {
        if (limits.Failures.TryEnter(ClientOrigin.Of(context.Connection.RemoteIpAddress), out var refusal))
        {
            context.Features.Set(AdmittedAttempt.Instance);
            return null;
        }

        telemetry.Rejected(LimitKind.Authentication);
        await recorder.RecordAsync(refusal.Meter, LimitKind.Authentication, caller: null);
        return TooMany(context, refusal.Wait);
    }

    /// <summary>Records a refusal, and returns its page.</summary>
    /// <param name="context">The request.</param>
    /// <param name="reason">The reason for the audit log.</param>
    /// <param name="message">The sentence for the person.</param>
    /// <param name="status">The status of the page.</param>
    public async Task<IResult> GiveAsync(HttpContext context, string reason, string message, int status = StatusCodes.Status400BadRequest)
    {
        await audit.RecordAsync(source.Describe(AuditAction.TokenExchange, AuditOutcome.Denied, $"console sign-in: {reason}"));
        limits.Failures.Fail(ClientOrigin.Of(context.Connection.RemoteIpAddress));
        return FailurePage.Refuse(message, status);
    }

    /// <summary>Returns the page of a limit.</summary>
    /// <param name="context">The request.</param>
    /// <param name="wait">The time to wait; <see langword="null"/> when it is not known.</param>
    /// <param name="message">The sentence for the person; <see langword="null"/> for that of too many attempts.</param>
    public static IResult TooMany(HttpContext context, TimeSpan? wait, string? message = null)
    {
        var seconds = Math.Max(1, (long)Math.Ceiling(wait?.TotalSeconds ?? 1)).ToString(CultureInfo.InvariantCulture);
        context.Response.Headers.RetryAfter = seconds;
        return FailurePage.Refuse(message ?? $"There were too many attempts. Start again in {seconds} s.", StatusCodes.Status429TooManyRequests);
    }
}
