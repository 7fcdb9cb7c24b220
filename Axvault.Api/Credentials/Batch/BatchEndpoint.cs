using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Http;
using Axvault.Api.Http.Description;
using Axvault.Api.RateLimits;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Credentials.Batch;

/// <summary>The call that reads several credentials.</summary>
internal static class BatchEndpoint
{
    /// <summary>Maps <c>POST /credentials/read</c>. A credential may be called <c>read</c>: no call on one is a POST to its path.</summary>
    public static void MapBatchRead(this RouteGroupBuilder credentials) =>
        credentials
            .MapPost("/read", ReadAsync)
            .WithAudit(AuditAction.CredentialRead)
            .ChecksAccessFirst(Refuse)
            .WithName("readCredentials")
            .WithSummary("Read several credentials")
            .WithDescription(
                $"At most {BatchReadRequest.MaxNames} names. Each credential is read, refreshed if due, and audited as by a call of its own. "
                    + "Each has its own status."
            )
            .WithAnswer(200, "The outcome of each read, in the order of the request.")
            .Refuses(403);

    // A key that reads nothing has no name to send.
    private static ProblemHttpResult? Refuse(HttpContext context, Caller caller, AuditTrail trail)
    {
        if (caller.Scope.Read.Count > 0)
        {
            return null;
        }

        trail.Reason = CredentialProblems.NoAccess("read");
        return Problems.Forbidden("This API key has no read access.");
    }

    private static async Task<Results<Ok<BatchReadResponse>, BatchStream, ProblemHttpResult>> ReadAsync(
        BatchReadRequest request,
        HttpContext context,
        Caller caller,
        BatchReader reader,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        var errors = new FieldErrors();
        if (!request.TryValidate(errors, out var names))
        {
            return Problems.Invalid(errors);
        }

        var batch = reader.Begin(names, caller, trail, RequestMemory.Of(context));
        var first = await reader.ReadPartAsync(batch, cancellationToken);
        return batch.Left.Count == 0 ? TypedResults.Ok(new BatchReadResponse(first)) : new BatchStream(reader, batch, first);
    }
}
