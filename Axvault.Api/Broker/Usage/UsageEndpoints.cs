using System.Globalization;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Http;
using Axvault.Api.Http.Description;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Broker.Usage;

/// <summary>The call that reads the use of the broker.</summary>
internal static class UsageEndpoints
{
    /// <summary>Maps <c>GET /usage</c>.</summary>
    public static void MapUsage(this IEndpointRouteBuilder api) =>
        api.MapGet("/usage", ReadAsync)
            .WithAudit(AuditAction.UsageRead)
            .WithTags("Broker")
            .WithName("readUsage")
            .WithSummary("Read the use of the broker")
            .WithDescription("Calls and tokens, summed by day, key, credential, model or rule. Needs `*` in `grantAccess`. Kept for 400 days.")
            .WithAnswer(200, "The sums.")
            .Refuses(400, 403);

    private static async Task<Results<Ok<UsageResponse>, ProblemHttpResult>> ReadAsync(
        [AsParameters] ReadUsageParameters parameters,
        Caller caller,
        UsageStore store,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (!caller.MayAdminister())
        {
            return Problems.Forbidden("This call needs an API key that grants *.");
        }

        var errors = new FieldErrors();
        if (!parameters.TryParse(DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime), errors, out var from, out var to, out var by))
        {
            return Problems.Invalid(errors);
        }

        var rows = await store.ReadAsync(from, to, by, cancellationToken);
        return TypedResults.Ok(
            new UsageResponse(
                parameters.By.FirstOrDefault("day"),
                Text(from),
                Text(to),
                [
                    .. rows.Select(static row =>
                        new UsageSumResponse(row.Name, row.Title, row.Calls, row.Input, row.Output, row.CacheRead, row.CacheWrite)
                    ),
                ]
            )
        );
    }

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
