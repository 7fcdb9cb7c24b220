using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Confirmation;
using Axvault.Api.Http;
using Axvault.Api.Reference;
using Axvault.Api.Refresh;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Credentials;

/// <summary>The calls on credentials. What a key may not reach is refused in the same words whether or not it exists.</summary>
internal static class CredentialEndpoints
{
    private const string RefreshedHeader = "X-Axvault-Refreshed";
    private const string RefreshFailedHeader = "X-Axvault-Refresh-Failed";

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
            .WithAnswer(200, "The credential with its data.")
            .WithAnswerHeader(200, RefreshedHeader, """{ "type": "string", "enum": ["true"] }""", "`true` when a refresh was due, and the tokens are new; else left out.")
            .WithAnswerHeader(200, RefreshFailedHeader, """{ "type": "string", "enum": ["true"] }""", "`true` when a refresh was due and could not be made: the stored tokens are served, and `refresh.error` says why; else left out.")
            .Refuses(400, 403, 404);
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
            return Problems.Invalid("name", CredentialName.Rule);
        }

        if (!caller.MayWrite(credential))
        {
            return Refuse("write", credential, trail);
        }

        var errors = new FieldErrors();
        if (!request.TryValidate(errors, out var attributes, out var data))
        {
            return Problems.Invalid(errors);
        }

        var put = await writer.PutAsync(credential, attributes, data, trail.Note(), cancellationToken);
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

    private static async Task<Results<Ok<CredentialResponse>, ProblemHttpResult>> GetAsync(
        string name, HttpResponse response, Caller caller, CredentialReader reader, AuditTrail trail, CancellationToken cancellationToken)
    {
        if (!CredentialName.TryParse(name, out var credential))
        {
            return Problems.Invalid("name", CredentialName.Rule);
        }

        if (!caller.MayRead(credential))
        {
            return Refuse("read", credential, trail);
        }

        if (await reader.ReadAsync(credential, trail.Confirmations, cancellationToken) is not { } found)
        {
            return NotFound(credential);
        }

        if (found.Outcome != RefreshOutcome.NotDue)
        {
            trail.Reason = found.Error is { } error ? $"not refreshed: {error}" : "refreshed";
            response.Headers[found.Outcome == RefreshOutcome.Refreshed ? RefreshedHeader : RefreshFailedHeader] = "true";
        }

        return TypedResults.Ok(CredentialResponse.Of(found.Credential.Stored.Metadata, found.Credential.Data));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        string name, Caller caller, CredentialStore store, AuditTrail trail, CancellationToken cancellationToken)
    {
        if (!CredentialName.TryParse(name, out var credential))
        {
            return Problems.Invalid("name", CredentialName.Rule);
        }

        if (!caller.MayWrite(credential))
        {
            return Refuse("write", credential, trail);
        }

        if (!await store.DeleteAsync(credential, trail.Note(), cancellationToken))
        {
            return NotFound(credential);
        }

        return TypedResults.NoContent();
    }

    private static ProblemHttpResult NotFound(CredentialName name) => Problems.NotFound($"There is no credential {name}.");

    private static ProblemHttpResult Refuse(string access, CredentialName name, AuditTrail trail)
    {
        trail.Reason = $"no {access} access";
        return Problems.Forbidden($"This API key has no {access} access to {name}.");
    }
}
