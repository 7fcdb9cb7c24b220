using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Http.Description;
using Axvault.Api.Refresh;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Credentials.Overview;

/// <summary>The call that counts credentials.</summary>
internal static class OverviewEndpoint
{
    /// <summary>Maps <c>GET /overview</c>.</summary>
    public static void MapOverview(this IEndpointRouteBuilder api) =>
        api.MapGet("/overview", ReadAsync)
            .WithAudit(AuditAction.OverviewRead)
            .WithTags("Credentials")
            .WithName("readOverview")
            .WithSummary("Count the credentials")
            .WithDescription(
                "Counts the credentials that the key may read. An expired access token with a living refresh token is healthy: the vault renews "
                    + "`oauth-credentials` that have a refresh token, unless their last refresh ended as `failed`, `misconfigured` or `unknown`, or refresh "
                    + "is disabled. All others end at their expiry, unless someone acts. What only one server sees, such as `not_configured`, does not count."
            )
            .WithAnswer(200, "The numbers.");

    private static async Task<Ok<OverviewResponse>> ReadAsync(
        Caller caller,
        OverviewStore store,
        RefreshOptions options,
        CancellationToken cancellationToken
    ) => TypedResults.Ok(OverviewResponse.Of(await store.CountAsync(caller.Scope.Read, options.Rules.Threshold > TimeSpan.Zero, cancellationToken)));
}
