using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Axvault.Api.Reference;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Credentials.Batch;

/// <summary>The call that reads several credentials.</summary>
internal static class BatchEndpoints
{
    /// <summary>Maps <c>POST /credentials/read</c>. A credential may be called <c>read</c>: no call on one is a POST to its path.</summary>
    public static void MapBatchRead(this IEndpointRouteBuilder api) => api.MapPost("/credentials/read", ReadAsync)
        .WithTags("Credentials")
        .WithAudit(AuditAction.CredentialRead)
        .WithName("readCredentials")
        .WithSummary("Read several credentials")
        .WithDescription($"At most {BatchReadRequest.MaxNames}. Each is read, refreshed where it is due, and audited as by a call for it alone, and has a status of its own.")
        .WithAnswer(200, "What came of each, in the order of the request.")
        .Refuses(400);

    private static async Task<Results<Ok<BatchReadResponse>, ProblemHttpResult>> ReadAsync(
        BatchReadRequest request, Caller caller, BatchReader reader, AuditTrail trail, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        return request.TryValidate(errors, out var names)
            ? TypedResults.Ok(new BatchReadResponse(await reader.ReadAsync(names, caller, trail, cancellationToken)))
            : Problems.Invalid(errors);
    }
}
