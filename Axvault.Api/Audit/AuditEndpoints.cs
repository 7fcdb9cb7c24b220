using Axvault.Api.Audit.Chain;
using Axvault.Api.Audit.Reading;
using Axvault.Api.Audit.Verification;
using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Axvault.Api.Reference;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Audit;

/// <summary>The calls on the audit log, for keys that grant <c>*</c>.</summary>
internal static class AuditEndpoints
{
    private const string MayNotRead = "This call needs an API key that grants *.";

    /// <summary>Maps the calls below <c>/audit</c>.</summary>
    public static void MapAudit(this IEndpointRouteBuilder api)
    {
        var audit = api.MapGroup("/audit").WithTags("Audit");
        audit.MapGet("/", ListAsync)
            .WithAudit(AuditAction.AuditList)
            .WithName("listAudit")
            .WithSummary("Read the audit log")
            .WithDescription("Newest first. Needs `*` in `grantAccess`. With `Accept: application/x-ndjson` all that is asked for, one entry a line, however many there are.")
            .WithQuery("since", """{ "type": "string", "format": "date-time" }""", "The earliest time, included.")
            .WithQuery("until", """{ "type": "string", "format": "date-time" }""", "The latest time, not included.")
            .WithQuery("action", $$"""{ "type": "string", "enum": ["{{string.Join("\", \"", AuditAction.All)}}"] }""", "What was done, or asked for.")
            .WithQuery("outcome", """{ "type": "string", "enum": ["success", "denied", "failure"] }""", "How it ended.")
            .WithQuery("key", """{ "type": "string", "pattern": "^k_[0-9a-f]{12}$" }""", "The id of a key: what was done with it, and to it.")
            .WithQuery("credential", """{ "type": "string" }""", "The name of a credential: what was done to it.")
            .WithQuery("limit", """{ "type": "integer", "minimum": 1, "default": 100 }""", $"The greatest number of entries. More than {AuditQuery.MaxLimit} counts as {AuditQuery.MaxLimit}; lines have no greatest number, and without a limit there are all.")
            .WithQuery("cursor", """{ "type": "string", "pattern": "^[0-9]+-[0-9]+$" }""", "The `nextCursor` of the page before, to go on after it.")
            .WithAnswer(200, "The entries; `nextCursor` when there is more.")
            .WithAnswerContent(200, AuditExport.MediaType, """{ "type": "string", "description": "An `AuditEntryResponse` a line." }""")
            .Refuses(400, 403)
            .DisableRequestTimeout();
        audit.MapGet("/verify", VerifyAsync)
            .WithAudit(AuditAction.AuditVerify)
            .WithName("verifyAudit")
            .WithSummary("Verify the audit log")
            .WithDescription("Goes through all entries, and names the first one that was changed, removed or inserted. Needs `*` in `grantAccess`. It takes its time when there are many.")
            .WithQuery("anchor", """{ "type": "array", "items": { "type": "string", "pattern": "^axa1\\." } }""", "Anchors of log lines `Audit head`, kept elsewhere: they show that the newest entries were cut off.")
            .WithAnswer(200, "What was found: `valid`, or what is wrong.")
            .Refuses(400, 403)
            .DisableRequestTimeout();
    }

    private static async Task<Results<Ok<AuditListResponse>, AuditExport, ProblemHttpResult>> ListAsync(
        HttpRequest request, Caller caller, AuditReadStore store, AuditTrail trail, CancellationToken cancellationToken)
    {
        if (!caller.MayAdminister())
        {
            return Refuse(trail);
        }

        var isExport = AuditExport.IsAcceptedBy(request);
        var errors = new FieldErrors();
        if (!AuditQuery.TryParse(request.Query, errors, all: isExport, out var query))
        {
            return Problems.Invalid(errors);
        }

        if (isExport)
        {
            trail.Reason = "export";
            return new AuditExport(store, query);
        }

        // One more than asked for tells whether there is a next page.
        var limit = query.Limit!.Value;
        var found = await store.ReadAsync(query with { Limit = limit + 1 }, cancellationToken).Select(AuditEntryResponse.Of).ToListAsync(cancellationToken);
        var shown = found.Take(limit).ToList();
        return TypedResults.Ok(new AuditListResponse(shown, found.Count > limit ? AuditQuery.Cursor(shown[^1].At, shown[^1].Sequence) : null));
    }

    private static async Task<Results<Ok<AuditReport>, ProblemHttpResult>> VerifyAsync(
        HttpRequest request, Caller caller, AuditVerifier verifier, AuditWriter writer, AuditVault vault, AuditTrail trail, CancellationToken cancellationToken)
    {
        if (!caller.MayAdminister())
        {
            return Refuse(trail);
        }

        var anchors = new List<AuditAnchor>();
        foreach (var text in request.Query["anchor"])
        {
            if (!AuditAnchor.TryParse(text, out var anchor))
            {
                return Problems.Invalid("anchor", "must be the anchor of a log line: axa1.…");
            }

            anchors.Add(anchor);
        }

        // What this server has seen itself is an anchor, too.
        if (writer.Head is { } head)
        {
            anchors.Add(AuditAnchor.Of(head, vault.Keys));
        }

        var report = await verifier.VerifyAsync(anchors, cancellationToken);
        trail.Outcome = report.Valid ? AuditOutcome.Success : AuditOutcome.Failure;
        trail.Reason = report.Valid ? null : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{report.Fault} at {report.Sequence}");
        return TypedResults.Ok(report);
    }

    private static ProblemHttpResult Refuse(AuditTrail trail)
    {
        trail.Reason = MayNotRead;
        return Problems.Forbidden(MayNotRead);
    }
}
