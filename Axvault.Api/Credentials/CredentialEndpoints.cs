using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Configuration;
using Axvault.Api.Confirmation;
using Axvault.Api.Credentials.Versions;
using Axvault.Api.Http;
using Axvault.Api.Reference;
using Axvault.Api.Refresh;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Credentials;

/// <summary>The calls on credentials.</summary>
internal static class CredentialEndpoints
{
    /// <summary>Maps the calls below <c>/credentials</c>.</summary>
    public static void MapCredentials(this IEndpointRouteBuilder api)
    {
        var credentials = api.MapGroup("/credentials").WithTags("Credentials");
        credentials.MapGet("/", ListAsync)
            .WithAudit(AuditAction.CredentialList)
            .WithName("listCredentials")
            .WithSummary("List credentials")
            .WithDescription("What the key may read, without `data`, in byte order of the names. Without `limit`, all of it.")
            .WithQuery("limit", """{ "type": "integer", "minimum": 1, "examples": [100] }""", $"The greatest number of credentials in the answer. More than {ListPage.MaxLimit} counts as {ListPage.MaxLimit}.")
            .WithQuery("cursor", """{ "type": "string", "examples": ["claude.prod"] }""", "The `nextCursor` of the page before, to go on after it. It goes with a `limit`.")
            .WithQuery("deleted", """{ "type": "boolean", "default": false }""", "Lists credentials that were deleted and can be brought back, each as it was last, with `deletedAt` and `purgeAt`.")
            .WithAnswer(200, "The credentials; `nextCursor` when there is more.")
            .Refuses(400)
            .DisableRequestTimeout();
        credentials.MapPut("/{name}", PutAsync)
            .WithAudit(AuditAction.CredentialPut)
            .MayReadFromMemory()
            .WithName("putCredential")
            .WithSummary("Store a credential")
            .WithDescription("Makes it, or replaces all of it. Needs the name in `writeAccess`. `oauth-credentials` with a refresh token are kept fresh from then on.")
            .WithAnswer(201, "It is stored, new or in place of the one that had the name.")
            .WithAnswerHeader(201, "Location", """{ "type": "string", "format": "uri-reference", "examples": ["/api/v1/credentials/claude.prod"] }""", "The path of the credential.")
            .WithAnswerHeader(201, CredentialHeaders.Tag, CredentialHeaders.TagSchema, CredentialHeaders.TagMeaning)
            .WithHeader("If-Match", CredentialHeaders.ConditionSchema, "Entity tags of what you replace, or `*` for any: 412 when the credential is none of them, and nothing is changed.")
            .WithHeader("If-None-Match", CredentialHeaders.ConditionSchema, "`*` to make a credential: 412 when there is one, and nothing is changed.")
            .Refuses(400, 403, 412);
        credentials.MapGet("/{name}", GetAsync)
            .WithAudit(AuditAction.CredentialRead)
            .MayReadFromMemory()
            .WithName("getCredential")
            .WithSummary("Read a credential")
            .WithDescription("Needs the name in `readAccess`. `data` comes back byte for byte as it was stored. Where its access token is about to expire, it is refreshed first, once for all who read it meanwhile: only token values and expiry change.")
            .WithHeader("If-None-Match", CredentialHeaders.ConditionSchema, "Entity tags of what you have: 304 when the credential is still one of them. It is refreshed first where that is due.")
            .WithHeader("If-Match", CredentialHeaders.ConditionSchema, "Entity tags of what you expect: 412 when the credential is none of them.")
            .WithAnswer(200, "The credential with its data.")
            .WithAnswerHeader(200, CredentialHeaders.Tag, CredentialHeaders.TagSchema, CredentialHeaders.TagMeaning)
            .WithAnswerHeader(200, CredentialHeaders.Refreshed, """{ "type": "string", "enum": ["true"] }""", "`true` when a refresh was due, and the tokens are new; else left out.")
            .WithAnswerHeader(200, CredentialHeaders.RefreshFailed, """{ "type": "string", "enum": ["true"] }""", "`true` when a refresh was due and could not be made: the stored tokens are served, and `refresh.error` says why; else left out.")
            .WithAnswer(304, "You have it: the credential is what `If-None-Match` names. It counts, and is audited, as a read.")
            .WithAnswerHeader(304, CredentialHeaders.Tag, CredentialHeaders.TagSchema, CredentialHeaders.TagMeaning)
            .WithAnswerHeader(304, CredentialHeaders.RefreshFailed, """{ "type": "string", "enum": ["true"] }""", "`true` when a refresh was due and could not be made; else left out.")
            .Produces(StatusCodes.Status304NotModified)
            .Refuses(400, 403, 404, 412);
        credentials.MapDelete("/{name}", DeleteAsync)
            .WithAudit(AuditAction.CredentialDelete)
            .WithName("deleteCredential")
            .WithSummary("Delete a credential")
            .WithDescription("It can be brought back for the days that the server is set to. Needs the name in `writeAccess`.")
            .WithQuery("purge", """{ "type": "boolean", "default": false }""", "Deletes it for good, with all that is kept of it, also when it is deleted already.")
            .WithHeader("If-Match", CredentialHeaders.ConditionSchema, "Entity tags of what you expect: 412 when the credential is none of them, and nothing is changed.")
            .WithAnswer(204, "The credential is gone.")
            .Refuses(400, 403, 404, 412);
    }

    private static async Task<Results<Created<PutCredentialResponse>, ProblemHttpResult>> PutAsync(
        string name, CredentialRequest request, HttpContext http, Caller caller, CredentialWriter writer, AuditTrail trail, CancellationToken cancellationToken)
    {
        if (!CredentialGate.MayWrite(name, caller, trail, out var credential, out var refusal))
        {
            return refusal;
        }

        var errors = new FieldErrors();
        if (!request.TryValidate(errors, out var attributes, out var data) | !Preconditions.TryParse(http.Request.Headers, errors, out var conditions))
        {
            return Problems.Invalid(errors);
        }

        if (await writer.PutAsync(credential, attributes, data, conditions!, trail, cancellationToken) is not var (put, times))
        {
            return CredentialProblems.PreconditionFailed(credential);
        }

        if (times.Version is { } version)
        {
            http.Response.Headers.ETag = new CredentialTag(put.RowId, version, times.UpdatedAt).ToString();
        }

        return TypedResults.Created($"/api/v1/credentials/{credential}", new PutCredentialResponse(credential.Value, times.CreatedAt, times.UpdatedAt));
    }

    private static async Task<Results<Ok<CredentialListResponse>, CredentialListStream, ProblemHttpResult>> ListAsync(
        HttpRequest request, Caller caller, CredentialStore store, VersionStore versions, AxvaultOptions options, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        if (!QueryFlag.TryRead(request, "deleted", out var deleted))
        {
            errors.Report("deleted", QueryFlag.Rule);
        }

        if (!ListPage.TryParse(request.Query, errors, out var page))
        {
            return Problems.Invalid(errors);
        }

        // One more than asked for tells whether there is a next page.
        var found = await ReadAsync(page.After, page.Limit + 1 ?? CredentialListStream.PageSize, cancellationToken);
        if (page.Limit is null && found.Count == CredentialListStream.PageSize)
        {
            return new CredentialListStream(ReadAsync, found);
        }

        var shown = found.Take(page.Limit ?? int.MaxValue).ToList();
        return TypedResults.Ok(new CredentialListResponse(shown, found.Count > shown.Count ? shown[^1].Name : null));

        async Task<List<CredentialResponse>> ReadAsync(CredentialName? after, int limit, CancellationToken cancelled) => deleted
            ? [.. (await versions.ListDeletedAsync(caller.Scope.Read, after, limit, cancelled)).Select(version => CredentialResponse.OfDeleted(version, options.Versions.Retention))]
            : [.. (await store.ListAsync(caller.Scope.Read, after, limit, cancelled)).Select(static metadata => CredentialResponse.Of(metadata))];
    }

    private static async Task<Results<Ok<CredentialResponse>, StatusCodeHttpResult, ProblemHttpResult>> GetAsync(
        string name, HttpContext http, Caller caller, CredentialReader reader, AuditTrail trail, CancellationToken cancellationToken)
    {
        if (!CredentialGate.MayRead(name, caller, trail, out var credential, out var refusal))
        {
            return refusal;
        }

        var errors = new FieldErrors();
        if (!Preconditions.TryParse(http.Request.Headers, errors, out var conditions))
        {
            return Problems.Invalid(errors);
        }

        return await reader.ReadAsync(credential, trail.Confirmations, cancellationToken) is { } found
            ? Show(found, conditions, http.Response, trail)
            : CredentialProblems.NotFound(credential);
    }

    private static Results<Ok<CredentialResponse>, StatusCodeHttpResult, ProblemHttpResult> Show(RefreshResult found, Preconditions conditions, HttpResponse response, AuditTrail trail)
    {
        var stored = found.Credential.Stored;
        var tag = stored.Tag.ToString();
        if (!conditions.Matches(tag))
        {
            return CredentialProblems.PreconditionFailed(stored.Metadata.Name);
        }

        trail.Reason = found.AuditReason;
        response.Headers.ETag = tag;
        if (found.Outcome != RefreshOutcome.NotDue)
        {
            response.Headers[found.Outcome == RefreshOutcome.Refreshed ? CredentialHeaders.Refreshed : CredentialHeaders.RefreshFailed] = "true";
        }

        return conditions.Excludes(tag)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(CredentialResponse.Of(stored.Metadata, found.Credential.Data));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        string name, HttpRequest request, Caller caller, ChangeStore store, AxvaultOptions options, AuditTrail trail, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        if (!QueryFlag.TryRead(request, "purge", out var purge))
        {
            errors.Report("purge", QueryFlag.Rule);
        }

        trail.Action = purge ? AuditAction.CredentialPurge : AuditAction.CredentialDelete;
        if (!CredentialGate.MayWrite(name, caller, trail, out var credential, out var refusal))
        {
            return refusal;
        }

        if (!Preconditions.TryParse(request.Headers, errors, out var conditions) || errors.Count > 0)
        {
            return Problems.Invalid(errors);
        }

        var result = purge || options.Versions.Retention == TimeSpan.Zero
            ? await store.PurgeAsync(credential, Allows, needsCurrent: !purge, trail.Note(), cancellationToken)
            : await store.DeleteAsync(credential, Allows, options.Versions.Keep, trail.Note(), cancellationToken);
        return result.State switch
        {
            ChangeState.Made => TypedResults.NoContent(),
            ChangeState.Refused => CredentialProblems.PreconditionFailed(credential),
            _ => CredentialProblems.NotFound(credential),
        };

        bool Allows(CredentialTag? current) => conditions.AllowsChange(current?.ToString());
    }
}
