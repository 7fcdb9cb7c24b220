using Axvault.Api.Audit.Reading;
using Axvault.Api.Audit.Verification;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Database;
using Axvault.Api.Http;
using Axvault.Api.Http.Description;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Audit;

/// <summary>The calls on the audit log, for keys that grant <c>*</c>.</summary>
internal static class AuditEndpoints
{
    private const string MayNotRead = "This call needs an API key that grants *.";

    /// <summary>Maps the calls below <c>/audit</c>.</summary>
    public static void MapAudit(this IEndpointRouteBuilder api)
    {
        var audit = api.MapGroup("/audit").WithTags("Audit").Refuses(400, 403).AddEndpointFilter(RequireAdministratorAsync);
        audit.DisableRequestTimeout();
        audit
            .MapGet("/", ListAsync)
            .WithAudit(AuditAction.AuditList)
            .WithName("listAudit")
            .WithSummary("Read the audit log")
            .WithDescription("Newest first. Needs `*` in `grantAccess`. With `Accept: application/x-ndjson` the answer has all matching entries, one per line.")
            .WithAnswer(200, "The entries; `nextCursor` when there is more.")
            .WithAnswerContent(200, AuditExport.MediaType, "An `AuditEntryResponse` per line.");
        audit
            .MapGet("/counts", CountAsync)
            .WithAudit(AuditAction.AuditCount)
            .WithName("countAudit")
            .WithSummary("Count audit entries")
            .WithDescription("The number of entries by hour or day, of the last 24 hours by default. Needs `*` in `grantAccess`. Many entries take long.")
            .WithAnswer(200, "The numbers.");
        audit
            .MapGet("/verify", VerifyAsync)
            .WithAudit(AuditAction.AuditVerify)
            .WithName("verifyAudit")
            .WithSummary("Verify the audit log")
            .WithDescription(
                "Checks all entries, and names the first one that was changed, removed or inserted. Then checks that no credential, key, issuer or rule is "
                    + "older than the entries say (`rolled-back`). Needs `*` in `grantAccess`. Many entries take long."
            )
            .WithAnswer(200, "The result: `valid`, or the first fault.");
    }

    private static async Task<Results<Ok<AuditListResponse>, AuditExport, ProblemHttpResult>> ListAsync(
        [AsParameters] ListAuditParameters parameters,
        HttpRequest request,
        AuditReadStore store,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        var isExport = AuditExport.IsAcceptedBy(request);
        var errors = new FieldErrors();
        if (!parameters.TryParse(isExport, errors, out var query))
        {
            return Problems.Invalid(errors);
        }

        if (isExport)
        {
            trail.Reason = "export";
            return new AuditExport(store, query);
        }

        // One more than requested shows whether there is a next page.
        var limit = query.Limit!.Value;
        var found = await store.ReadAsync(query with { Limit = limit + 1 }, cancellationToken).Select(AuditEntryResponse.Of).ToListAsync(cancellationToken);
        var shown = found.Take(limit).ToList();
        return TypedResults.Ok(new AuditListResponse(shown, found.Count > limit ? AuditQuery.Cursor(shown[^1].At, shown[^1].Lane, shown[^1].Sequence) : null));
    }

    private static async Task<Results<Ok<AuditCountsResponse>, ProblemHttpResult>> CountAsync(
        [AsParameters] CountAuditParameters parameters,
        AuditReadStore store,
        DatabaseClock clock,
        CancellationToken cancellationToken
    )
    {
        var errors = new FieldErrors();
        return parameters.TryParse(clock.Now, errors, out var query)
            ? TypedResults.Ok(AuditCountsResponse.Of(query, await store.CountAsync(query, cancellationToken)))
            : Problems.Invalid(errors);
    }

    private static async Task<Results<Ok<AuditReport>, ProblemHttpResult>> VerifyAsync(
        [AsParameters] VerifyAuditParameters parameters,
        HttpContext context,
        AuditVerifier verifier,
        Checkpoints checkpoints,
        ChainKeyRing chainKeys,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        var errors = new FieldErrors();
        if (!parameters.TryParse(errors, out var anchors))
        {
            return Problems.Invalid(errors);
        }

        // The newest checkpoint that this server knows is an anchor, too.
        if (checkpoints.Newest is { } newest)
        {
            anchors.Add(AuditAnchor.Of(newest, chainKeys.Keys));
        }

        var report = await verifier.VerifyAsync(anchors, context.Features.Get<VerificationProgress>(), cancellationToken);
        trail.Outcome = report.Valid ? AuditOutcome.Success : AuditOutcome.Failure;
        trail.Reason = report.Valid ? null : $"{report.Fault} at {report.ToPlace()}";
        return TypedResults.Ok(report);
    }

    private static async ValueTask<object?> RequireAdministratorAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var services = context.HttpContext.RequestServices;
        if (services.GetRequiredService<Caller>().MayAdminister())
        {
            return await next(context);
        }

        services.GetRequiredService<AuditTrail>().Reason = MayNotRead;
        return Problems.Forbidden(MayNotRead);
    }
}
