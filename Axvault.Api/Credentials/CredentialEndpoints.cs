using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Confirmation;
using Axvault.Api.Http;
using Axvault.Api.Reference;
using Axvault.Api.Refresh;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Credentials;

/// <summary>The calls on credentials.</summary>
internal static class CredentialEndpoints
{
    private const string RefreshedHeader = "X-Axvault-Refreshed";
    private const string RefreshFailedHeader = "X-Axvault-Refresh-Failed";
    private const string TagHeader = "ETag";
    private const string TagSchema = """{ "type": "string", "pattern": "^\"[!#-~]+\"$", "examples": ["\"019bc123f0a47d1c8b1e2f3a4b5c6d7e-3-19bc1240e10\""] }""";
    private const string TagMeaning = "Which state of the credential it is: another one whenever `data` or anything that a put sets has changed, not when only `refresh` has.";
    private const string ConditionSchema = """{ "type": "string", "examples": ["\"019bc123f0a47d1c8b1e2f3a4b5c6d7e-3-19bc1240e10\"", "*"] }""";

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
            .Refuses(400, 403);
        credentials.MapGet("/{name}", GetAsync)
            .WithAudit(AuditAction.CredentialRead)
            .MayReadFromMemory()
            .WithName("getCredential")
            .WithSummary("Read a credential")
            .WithDescription("Needs the name in `readAccess`. `data` comes back byte for byte as it was stored. Where its access token is about to expire, it is refreshed first, once for all who read it meanwhile: only token values and expiry change.")
            .WithHeader("If-None-Match", ConditionSchema, "Entity tags of what you have: 304 when the credential is still one of them. It is refreshed first where that is due.")
            .WithHeader("If-Match", ConditionSchema, "Entity tags of what you expect: 412 when the credential is none of them.")
            .WithAnswer(200, "The credential with its data.")
            .WithAnswerHeader(200, TagHeader, TagSchema, TagMeaning)
            .WithAnswerHeader(200, RefreshedHeader, """{ "type": "string", "enum": ["true"] }""", "`true` when a refresh was due, and the tokens are new; else left out.")
            .WithAnswerHeader(200, RefreshFailedHeader, """{ "type": "string", "enum": ["true"] }""", "`true` when a refresh was due and could not be made: the stored tokens are served, and `refresh.error` says why; else left out.")
            .WithAnswer(304, "You have it: the credential is what `If-None-Match` names. It counts, and is audited, as a read.")
            .WithAnswerHeader(304, TagHeader, TagSchema, TagMeaning)
            .WithAnswerHeader(304, RefreshFailedHeader, """{ "type": "string", "enum": ["true"] }""", "`true` when a refresh was due and could not be made; else left out.")
            .Produces(StatusCodes.Status304NotModified)
            .Refuses(400, 403, 404, 412);
        credentials.MapDelete("/{name}", DeleteAsync)
            .WithAudit(AuditAction.CredentialDelete)
            .WithName("deleteCredential")
            .WithSummary("Delete a credential")
            .WithDescription("Needs the name in `writeAccess`.")
            .WithAnswer(204, "The credential is gone.")
            .Refuses(400, 403, 404);
    }

    private static async Task<Results<Created<PutCredentialResponse>, ProblemHttpResult>> PutAsync(
        string name, CredentialRequest request, Caller caller, CredentialWriter writer, AuditTrail trail, CancellationToken cancellationToken)
    {
        if (!CredentialName.TryParse(name, out var credential))
        {
            return CredentialProblems.InvalidName();
        }

        if (!caller.MayWrite(credential))
        {
            return CredentialProblems.Forbidden("write", credential, trail);
        }

        var errors = new FieldErrors();
        if (!request.TryValidate(errors, out var attributes, out var data))
        {
            return Problems.Invalid(errors);
        }

        var put = await writer.PutAsync(credential, attributes, data, trail, cancellationToken);
        return TypedResults.Created($"/api/v1/credentials/{credential}", new PutCredentialResponse(credential.Value, put.CreatedAt, put.UpdatedAt));
    }

    private static async Task<Results<Ok<CredentialListResponse>, CredentialListStream, ProblemHttpResult>> ListAsync(
        HttpRequest request, Caller caller, CredentialStore store, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        if (!ListPage.TryParse(request.Query, errors, out var page))
        {
            return Problems.Invalid(errors);
        }

        // One more than asked for tells whether there is a next page.
        var found = await store.ListAsync(caller.Scope.Read, page.After, page.Limit + 1 ?? CredentialListStream.PageSize, cancellationToken);
        if (page.Limit is null && found.Count == CredentialListStream.PageSize)
        {
            return new CredentialListStream(store, caller.Scope.Read, found);
        }

        var shown = found.Take(page.Limit ?? int.MaxValue).Select(static metadata => CredentialResponse.Of(metadata)).ToList();
        return TypedResults.Ok(new CredentialListResponse(shown, found.Count > shown.Count ? shown[^1].Name : null));
    }

    private static async Task<Results<Ok<CredentialResponse>, StatusCodeHttpResult, ProblemHttpResult>> GetAsync(
        string name, HttpContext http, Caller caller, CredentialReader reader, AuditTrail trail, CancellationToken cancellationToken)
    {
        if (!CredentialName.TryParse(name, out var credential))
        {
            return CredentialProblems.InvalidName();
        }

        if (!caller.MayRead(credential))
        {
            return CredentialProblems.Forbidden("read", credential, trail);
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
            return CredentialProblems.PreconditionFailed(stored.Metadata.Name, exists: true);
        }

        trail.Reason = found.AuditReason;
        response.Headers.ETag = tag;
        if (found.Outcome != RefreshOutcome.NotDue)
        {
            response.Headers[found.Outcome == RefreshOutcome.Refreshed ? RefreshedHeader : RefreshFailedHeader] = "true";
        }

        return conditions.Excludes(tag)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(CredentialResponse.Of(stored.Metadata, found.Credential.Data));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        string name, Caller caller, CredentialStore store, AuditTrail trail, CancellationToken cancellationToken)
    {
        if (!CredentialName.TryParse(name, out var credential))
        {
            return CredentialProblems.InvalidName();
        }

        if (!caller.MayWrite(credential))
        {
            return CredentialProblems.Forbidden("write", credential, trail);
        }

        if (!await store.DeleteAsync(credential, trail.Note(), cancellationToken))
        {
            return CredentialProblems.NotFound(credential);
        }

        return TypedResults.NoContent();
    }
}
