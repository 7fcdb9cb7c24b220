using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Axvault.Api.ReadCache;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Authentication;

/// <summary>Answers a caller that may not make its call before the body is read (<see cref="AccessCheck"/>).</summary>
internal static class EarlyRefusals
{
    /// <summary>Adds the checks to the pipeline.</summary>
    public static void UseAccessChecks(this IApplicationBuilder app) =>
        app.Use(
            static (context, next) =>
                context.GetEndpoint()?.Metadata.GetMetadata<AccessCheck>() is { } check
                && context.Features.Get<AuditTrail>() is { } trail
                && check.Refuse(context, context.Features.GetRequiredFeature<Caller>(), trail) is { } refusal
                    ? RefuseAsync(context, next, check, trail, refusal)
                    : next(context)
        );

    private static async Task RefuseAsync(HttpContext context, RequestDelegate next, AccessCheck check, AuditTrail trail, ProblemHttpResult refusal)
    {
        try
        {
            await trail.CloseAsync(refusal);
        }
        catch (StaleReadException)
        {
            // Only the database may refuse: the cached key had changed.
            context.RequestServices.GetRequiredService<ReadCacheTelemetry>().WasStale();
            var (caller, attempt) = await context.RequestServices.GetRequiredService<CallerFinder>().FindAgainAsync(context);
            if (caller is null)
            {
                trail.Drop();
                await context.RequestServices.GetRequiredService<AuthenticationGate>().RefuseAsync(context, attempt);
                return;
            }

            trail.Restart(caller);
            context.Features.Set(caller);
            if (check.Refuse(context, caller, trail) is not { } again)
            {
                await next(context);
                return;
            }

            await trail.CloseAsync(again);
            refusal = again;
        }

        RefusedBody.Drain(context);
        await refusal.ExecuteAsync(context);
    }
}
