using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Axvault.Api.RateLimits;

/// <summary>Refuses requests that the <see cref="MemoryBudget"/> has no room for, before their bodies are read.</summary>
internal static class MemoryPipeline
{
    /// <summary>Adds the budget to the pipeline, after the check of what the key may do.</summary>
    public static void UseMemoryBudget(this IApplicationBuilder app)
    {
        var (budget, answer) = (
            app.ApplicationServices.GetRequiredService<MemoryBudget>(),
            app.ApplicationServices.GetRequiredService<RateLimitAnswer>()
        );
        app.Use((context, next) => context.Features.Get<Caller>() is { } caller ? RunAsync(context, next, caller, budget, answer) : next(context));
    }

    private static async Task RunAsync(HttpContext context, RequestDelegate next, Caller caller, MemoryBudget budget, RateLimitAnswer answer)
    {
        using var request = budget.Enter(caller.KeyId);
        using var memory = new RequestMemory(budget, caller.KeyId);
        if ((request.IsAcquired ? TryHoldBody(context, memory) : LimitKind.InFlight) is { } kind)
        {
            // The limit writes one entry for many refusals.
            context.Features.Get<AuditTrail>()?.Drop();
            await answer.GiveAsync(context, kind, budget.Refuse(kind, caller.KeyId));
            return;
        }

        context.Features.Set(memory);
        await next(context);
    }

    private static LimitKind? TryHoldBody(HttpContext context, RequestMemory memory)
    {
        if (
            context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true }
            || context.GetEndpoint()?.Metadata.GetMetadata<StreamedBody>() is not null
        )
        {
            return null;
        }

        if (context.Request.ContentLength is { } declared)
        {
            return memory.TryHoldBody(declared);
        }

        context.Request.Body = new MeteredBody(context.Request.Body, memory);
        return null;
    }
}
