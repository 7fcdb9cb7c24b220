using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Http;
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
        credentials.MapGet("/", ListAsync).WithAudit(AuditAction.CredentialList);
        credentials.MapPut("/{name}", PutAsync).WithAudit(AuditAction.CredentialPut);
        credentials.MapGet("/{name}", GetAsync).WithAudit(AuditAction.CredentialRead);
        credentials.MapDelete("/{name}", DeleteAsync).WithAudit(AuditAction.CredentialDelete);
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

    private static async Task<Results<Ok<CredentialListResponse>, ProblemHttpResult>> ListAsync(
        HttpRequest request, Caller caller, CredentialStore store, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        if (!ListPage.TryParse(request.Query, errors, out var page))
        {
            return Problems.Invalid(errors);
        }

        // One more than asked for tells whether there is a next page.
        var found = await store.ListAsync(caller.Scope.Read, page.After, page.Limit + 1, cancellationToken);
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

        if (await reader.ReadAsync(credential, cancellationToken) is not { } found)
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
