using Axvault.Api.Audit;
using Axvault.Api.Authentication;
using Axvault.Api.Authorization;
using Axvault.Api.Broker.Forwarding;
using Axvault.Api.Broker.Limits;
using Axvault.Api.Chain;
using Axvault.Api.Http;
using Axvault.Api.ReadCache;
using Microsoft.AspNetCore.Mvc;

namespace Axvault.Api.Broker;

/// <summary>The calls that agents make to their providers, through this server.</summary>
internal static class BrokerEndpoints
{
    /// <summary>The size limit of a body, in bytes: that of Anthropic.</summary>
    public const long MaxBodyBytes = 32 * 1024 * 1024;

    /// <summary>Maps every call below <c>/broker/{name}</c>.</summary>
    public static void MapBroker(this IEndpointRouteBuilder app) =>
        app.Map("/broker/{name}/{**path}", CallAsync)
            .RequireAuthorization()
            .WithAudit(AuditAction.BrokerCall)
            .MayUseReadCache()
            .DisableRequestTimeout()
            .ExcludeFromDescription()
            .WithMetadata(AgentCarriers.Instance, BrokerErrors.Instance, StreamedBody.Instance, new RequestSizeLimitAttribute(MaxBodyBytes));

    // The rule of the group commits the audit entry of the result before it runs. So a call leaves only after its entry.
    private static async Task<IResult> CallAsync(
        string name,
        HttpContext context,
        Caller caller,
        CallPlanner planner,
        UseLimits limits,
        CallForwarder forwarder,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        var (plan, refusal) = await planner.PlanAsync(context, name, caller, trail, cancellationToken);
        if (plan is null)
        {
            return refusal!;
        }

        if (await limits.FindReachedAsync(caller, context, cancellationToken) is { } reached)
        {
            trail.Reason = $"{trail.Reason}: {reached.ProblemDetails.Detail}";
            trail.Outcome = AuditOutcome.Denied;
            return reached;
        }

        return new BrokeredCall(forwarder, plan);
    }
}
