using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Credentials.Batch;
using Axvault.Api.Http;
using Axvault.Api.Http.Description;
using Axvault.Api.RateLimits;
using Axvault.Api.ReadCache;
using Axvault.Api.Refresh;
using Axvault.Api.Stored;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Credentials;

/// <summary>The calls on credentials.</summary>
internal static class CredentialEndpoints
{
    /// <summary>Maps the calls below <c>/credentials</c>.</summary>
    public static void MapCredentials(this IEndpointRouteBuilder api)
    {
        var credentials = api.MapGroup("/credentials").WithTags("Credentials").Refuses(400);
        credentials
            .MapGet("/", ListAsync)
            .WithAudit(AuditAction.CredentialList)
            .WithName("listCredentials")
            .WithSummary("List credentials")
            .WithDescription(
                "The credentials that the key may read, without `data`, in byte order of their names or as `sort` says. Without `limit`, all of them. "
                    + "Filters add up: a credential is listed when it meets every one."
            )
            .WithAnswer(200, "The credentials; `nextCursor` when there is more.")
            .DisableRequestTimeout();
        credentials
            .MapPut("/{name}", PutAsync)
            .WithAudit(AuditAction.CredentialPut)
            .ChecksAccessFirst(CredentialGate.RefuseWrite)
            .MayUseReadCache()
            .WithName("putCredential")
            .WithSummary("Store a credential")
            .WithDescription(
                "Creates the credential, or replaces all of it. Needs the name in `writeAccess`. "
                    + "The server then keeps the tokens of `oauth-credentials` fresh. "
                    + "A refresh token that was used before, or that another credential holds, is refused with 409."
            )
            .WithAnswer(201, "The credential is stored, new or in place of the old one.", CredentialHeaders.Location, CredentialHeaders.Tag)
            .Refuses(403, 409, 412);
        credentials
            .MapGet("/{name}", GetAsync)
            .WithAudit(AuditAction.CredentialRead)
            .MayUseReadCache()
            .WithName("getCredential")
            .WithSummary("Read a credential")
            .WithDescription(
                "Needs the name in `readAccess`. `data` comes back byte for byte as it was stored. An access token that is about to expire is refreshed first, "
                    + "once for all concurrent readers: only token values and expiry change."
            )
            .WithAnswer(200, "The credential with its data.", CredentialHeaders.Tag, CredentialHeaders.Refreshed, CredentialHeaders.RefreshFailed)
            .WithAnswer(
                304,
                "The credential is a version that `If-None-Match` names. This counts, and is audited, as a read.",
                CredentialHeaders.Tag,
                CredentialHeaders.RefreshFailedBare
            )
            .Produces(StatusCodes.Status304NotModified)
            .Refuses(403, 404, 412);
        credentials.MapBatchRead();
        credentials.MapAnnotation();
        credentials.MapDeletion();
        credentials.MapRefresh();
        credentials.MapUnreadableAnswer();
    }

    private static async Task<Results<Created<PutCredentialResponse>, ProblemHttpResult>> PutAsync(
        [AsParameters] PutCredentialParameters parameters,
        CredentialRequest request,
        HttpResponse response,
        Caller caller,
        CredentialWriter writer,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        if (!CredentialGate.MayWrite(parameters.Name, caller, trail, out var credential, out var refusal))
        {
            return refusal;
        }

        var errors = new FieldErrors();
        var force = errors.Flag("force", parameters.Force);
        request.TryValidate(errors, out var attributes, out var data);
        if (!Preconditions.TryParse(parameters.IfMatch, parameters.IfNoneMatch, errors, out var conditions) || errors.Count > 0)
        {
            return Problems.Invalid(errors);
        }

        try
        {
            if (await writer.PutAsync(credential, attributes, data, conditions, force, trail, cancellationToken) is not { } made)
            {
                return CredentialProblems.PreconditionFailed(credential);
            }

            response.Headers.ETag = made.Tag.ToString();
            return TypedResults.Created($"/api/v1/credentials/{credential}", new PutCredentialResponse(credential.Value, made.CreatedAt, made.Tag.UpdatedAt));
        }
        catch (RefreshTokenTakenException exception)
        {
            return CredentialProblems.TokenTaken(exception, caller, trail);
        }
    }

    private static async Task<Results<Ok<CredentialListResponse>, CredentialListStream, ProblemHttpResult>> ListAsync(
        [AsParameters] ListCredentialsParameters parameters,
        HttpContext context,
        Caller caller,
        CredentialLister lister,
        CancellationToken cancellationToken
    )
    {
        var errors = new FieldErrors();
        if (!parameters.TryParse(errors, out var page))
        {
            return Problems.Invalid(errors);
        }

        ListPlace? start = null;
        if (page.After is { } cursor && (start = await lister.FindPlaceAsync(cursor, page, caller.Scope.Read, cancellationToken)) is null)
        {
            return Problems.Invalid("cursor", "names a credential that is gone: begin again, or sort by name");
        }

        // One more than requested shows whether there is a next page.
        var found = await ReadAsync(start, page.Limit + 1 ?? CredentialListStream.PageSize, cancellationToken);
        if (page.Limit is null && found.Credentials.Count == CredentialListStream.PageSize)
        {
            return new CredentialListStream(ReadAsync, found);
        }

        var shown = found.Credentials.Take(page.Limit ?? int.MaxValue).ToList();
        return TypedResults.Ok(new CredentialListResponse(shown, found.Credentials.Count > shown.Count ? shown[^1].Name : null));

        async Task<ListPart> ReadAsync(ListPlace? after, int limit, CancellationToken cancelled)
        {
            var read = await lister.ReadAsync(page, caller.Scope.Read, after, limit, cancelled);
            RequestMemory.Of(context).HoldAnswer(read.Credentials.Sum(static credential => credential.Bytes));
            return read;
        }
    }

    private static async Task<Results<Ok<CredentialResponse>, StatusCodeHttpResult, ProblemHttpResult>> GetAsync(
        [AsParameters] GetCredentialParameters parameters,
        HttpResponse response,
        Caller caller,
        CredentialReader reader,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        if (!CredentialGate.MayRead(parameters.Name, caller, trail, out var credential, out var refusal))
        {
            return refusal;
        }

        var errors = new FieldErrors();
        if (!Preconditions.TryParse(parameters.IfMatch, parameters.IfNoneMatch, errors, out var conditions))
        {
            return Problems.Invalid(errors);
        }

        return await reader.ReadAsync(credential, trail.Confirmations, cancellationToken) is { } found
            ? Show(found, conditions, response, trail)
            : CredentialProblems.NotFound(credential);
    }

    private static Results<Ok<CredentialResponse>, StatusCodeHttpResult, ProblemHttpResult> Show(
        RefreshResult found,
        Preconditions conditions,
        HttpResponse response,
        AuditTrail trail
    )
    {
        var stored = found.Credential.Stored;
        var tag = stored.Tag.ToString();
        if (!conditions.Matches(tag))
        {
            return CredentialProblems.PreconditionFailed(stored.Metadata.Name);
        }

        RequestMemory.Of(response.HttpContext).HoldAnswer(found.Credential.Data.Length);
        trail.Reason = found.AuditReason;
        response.Headers.ETag = tag;
        if (found.Outcome != RefreshOutcome.NotDue)
        {
            var header = found.Outcome == RefreshOutcome.Refreshed ? CredentialHeaders.Refreshed : CredentialHeaders.RefreshFailed;
            response.Headers[header.Name] = header.OnlyValue;
        }

        return conditions.Excludes(tag)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(CredentialResponse.Of(stored.Metadata, found.Credential.Data));
    }
}
