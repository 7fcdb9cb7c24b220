using System.Globalization;
using Axvault.Api.Audit;
using Axvault.Api.Chain;
using Axvault.Api.Http;
using Axvault.Api.RateLimits;

namespace Axvault.Api.Federation.Exchange;

/// <summary>Refuses exchanges. A denied token counts as a failed authentication of its address, because each denial writes an audit entry.</summary>
internal sealed class ExchangeRefusals(Limits limits, RateLimitAnswer limited, AuditLog audit, AuditSource source)
{
    /// <summary>Records a refusal, and gives the response its status.</summary>
    /// <returns>The body; <see langword="null"/> when the response is written.</returns>
    /// <exception cref="AuditUnavailableException">The refusal cannot be recorded.</exception>
    public async Task<OAuthError?> GiveAsync(HttpContext context, Exchanged exchanged)
    {
        var origin = ClientOrigin.Of(context.Connection.RemoteIpAddress);
        if (exchanged.Wait is null && context.Features.Get<AdmittedAttempt>() is null && !limits.Failures.TryEnter(origin, out var refusal))
        {
            await limited.GiveAsync(context, LimitKind.Authentication, refusal);
            return null;
        }

        await audit.RecordAsync(source.Describe(AuditAction.TokenExchange, AuditOutcome.Denied, exchanged.Reason));
        if (exchanged.Wait is not { } wait)
        {
            limits.Failures.Fail(origin);
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return OAuthError.InvalidGrant;
        }

        var seconds = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        context.Response.Headers.RetryAfter = seconds;
        return new OAuthError("temporarily_unavailable", $"The rule has as many keys as it may have. The first of them ends in {seconds} s.");
    }
}
