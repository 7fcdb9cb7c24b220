using System.Globalization;
using Axvault.Api.Authorization;
using Axvault.Api.Http;

namespace Axvault.Api.RateLimits;

/// <summary>The answer to a request that a limit refuses.</summary>
internal sealed class RateLimitAnswer(RefusalRecorder recorder, RateLimitTelemetry telemetry, IProblemDetailsService problems)
{
    /// <summary>Records the refusal, and answers.</summary>
    /// <exception cref="Audit.AuditUnavailableException">The refusal cannot be recorded.</exception>
    public async Task GiveAsync(HttpContext context, LimitKind kind, Refusal refusal)
    {
        telemetry.Rejected(kind);
        await recorder.RecordAsync(refusal.Meter, kind, context.Features.Get<Caller>());

        // Rounded up: after so many seconds there is a permit again.
        var seconds = Math.Max(1, (long)Math.Ceiling(refusal.Wait.TotalSeconds));
        RefusedBody.Drain(context);
        context.Response.StatusCode = kind.Status();
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        await problems.WriteAsync(
            new ProblemDetailsContext
            {
                HttpContext = context,
                ProblemDetails =
                {
                    Status = kind.Status(),
                    Detail = string.Create(CultureInfo.InvariantCulture, $"There were {kind.Reason()}. Try again in {seconds} s."),
                },
            }
        );
    }
}
