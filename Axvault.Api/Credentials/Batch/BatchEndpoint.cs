using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Http;
using Axvault.Api.Http.Description;
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
            .WithName("readCredentials")
            .WithSummary("Read several credentials")
            .WithDescription(
                $"At most {BatchReadRequest.MaxNames} names. Each credential is read, refreshed if due, and audited as by a call of its own. "
                    + "Each has its own status."
            )
            .WithAnswer(200, "The outcome of each read, in the order of the request.");

    private static async Task<Results<Ok<BatchReadResponse>, ProblemHttpResult>> ReadAsync(
        BatchReadRequest request,
        Caller caller,
        BatchReader reader,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        var errors = new FieldErrors();
        return request.TryValidate(errors, out var names)
            ? TypedResults.Ok(new BatchReadResponse(await reader.ReadAsync(names, caller, trail, cancellationToken)))
            : Problems.Invalid(errors);
    }
}
