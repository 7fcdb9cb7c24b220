using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Http;
using Axvault.Api.Http.Description;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Fleet;

/// <summary>The call on the servers of the vault.</summary>
internal static class FleetEndpoint
{
    private const string MayNotRead = "This call needs an API key that grants *.";

    /// <summary>Maps <c>GET /servers</c>.</summary>
    public static void MapServers(this IEndpointRouteBuilder api) =>
        api.MapGet("/servers", ListAsync)
            .WithAudit(AuditAction.ServerList)
            .WithTags("Servers")
            .WithName("listServers")
            .WithSummary("List the servers")
            .WithDescription(
                "The servers of the vault, the progress of a change of the encryption key, and the state of the audit log. Needs `*` in `grantAccess`."
            )
            .WithAnswer(200, "The servers.")
            .Refuses(403);

    private static async Task<Results<Ok<ServerListResponse>, ProblemHttpResult>> ListAsync(
        Caller caller,
        FleetReader fleet,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        if (caller.MayAdminister())
        {
            return TypedResults.Ok(await fleet.ReadAsync(cancellationToken));
        }

        trail.Reason = MayNotRead;
        return Problems.Forbidden(MayNotRead);
    }
}
