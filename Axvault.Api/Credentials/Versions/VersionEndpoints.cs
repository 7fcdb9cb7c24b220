using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Configuration;
using Axvault.Api.Encryption;
using Axvault.Api.Http;
using Axvault.Api.Reference;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Credentials.Versions;

/// <summary>The calls on kept states of a credential.</summary>
internal static class VersionEndpoints
{
    /// <summary>Maps the calls below <c>/credentials/{name}/versions</c>, and <c>/credentials/{name}/undelete</c>.</summary>
    public static void MapVersions(this IEndpointRouteBuilder api)
    {
        var versions = api.MapGroup("/credentials/{name}").WithTags("Versions");
        versions.MapGet("/versions", ListAsync)
            .WithAudit(AuditAction.CredentialVersionList)
            .WithName("listVersions")
            .WithSummary("List the kept states of a credential")
            .WithDescription("What puts, restores and a deletion have replaced, newest first, without `data`. Needs the name in `readAccess`.")
            .WithAnswer(200, "The states; none, where nothing was replaced.")
            .Refuses(400, 403, 404);
        versions.MapGet("/versions/{version}", GetAsync)
            .WithAudit(AuditAction.CredentialVersionRead)
            .WithName("getVersion")
            .WithSummary("Read a kept state of a credential")
            .WithDescription("Needs the name in `readAccess`. It is not refreshed.")
            .WithAnswer(200, "The state with its data.")
            .Refuses(400, 403, 404);
        versions.MapPost("/versions/{version}/restore", RestoreAsync)
            .WithAudit(AuditAction.CredentialRestore)
            .WithName("restoreVersion")
            .WithSummary("Restore a kept state of a credential")
            .WithDescription("It becomes current again, with the newest tokens that it has, and what is current becomes a kept state itself. A credential that was deleted exists again. Needs the name in `writeAccess`.")
            .WithHeader("If-Match", CredentialHeaders.ConditionSchema, "Entity tags of what you expect to be current: 412 when the credential is none of them, and nothing is changed.")
            .WithAnswer(200, "The state is current. The answer has no `data`.")
            .WithAnswerHeader(200, CredentialHeaders.Tag, CredentialHeaders.TagSchema, CredentialHeaders.TagMeaning)
            .Refuses(400, 403, 404, 412);
        versions.MapPost("/undelete", UndeleteAsync)
            .WithAudit(AuditAction.CredentialUndelete)
            .WithName("undeleteCredential")
            .WithSummary("Bring a deleted credential back")
            .WithDescription("As it was last, with its kept states. Needs the name in `writeAccess`.")
            .WithAnswer(200, "The credential exists again. The answer has no `data`.")
            .WithAnswerHeader(200, CredentialHeaders.Tag, CredentialHeaders.TagSchema, CredentialHeaders.TagMeaning)
            .Refuses(400, 403, 404, 409);
    }

    private static async Task<Results<Ok<VersionListResponse>, ProblemHttpResult>> ListAsync(
        string name, Caller caller, VersionStore store, AxvaultOptions options, AuditTrail trail, CancellationToken cancellationToken)
    {
        if (!CredentialGate.MayRead(name, caller, trail, out var credential, out var refusal))
        {
            return refusal;
        }

        return await store.ListAsync(credential, cancellationToken) is { } found
            ? TypedResults.Ok(new VersionListResponse([.. found.Select(version => VersionResponse.Of(version, options.Versions.Retention))]))
            : CredentialProblems.NotFound(credential);
    }

    private static async Task<Results<Ok<VersionResponse>, ProblemHttpResult>> GetAsync(
        string name, string version, Caller caller, VersionStore store, Vault vault, AxvaultOptions options, AuditTrail trail, CancellationToken cancellationToken)
    {
        if (!CredentialGate.MayRead(name, caller, trail, out var credential, out var refusal))
        {
            return refusal;
        }

        if (!VersionId.TryParse(version, out var id) || await store.FindAsync(credential, id, cancellationToken) is not var (found, envelope))
        {
            return NotFound(credential);
        }

        var data = CredentialData.FromStored(vault.Decrypt(new EnvelopeContext(id, credential), envelope));
        trail.Reason = Describe(id);
        return TypedResults.Ok(VersionResponse.Of(found, options.Versions.Retention, data));
    }

    private static async Task<Results<Ok<CredentialResponse>, ProblemHttpResult>> RestoreAsync(
        string name, string version, HttpContext http, Caller caller, ChangeStore store, Vault vault, AxvaultOptions options, AuditTrail trail, CancellationToken cancellationToken)
    {
        if (!CredentialGate.MayWrite(name, caller, trail, out var credential, out var refusal))
        {
            return refusal;
        }

        var errors = new FieldErrors();
        if (!Preconditions.TryParse(http.Request.Headers, errors, out var conditions))
        {
            return Problems.Invalid(errors);
        }

        if (!VersionId.TryParse(version, out var id))
        {
            return NotFound(credential);
        }

        trail.Reason = Describe(id);
        ChangeResult result;
        do
        {
            // Again, when a name without a credential has been put meanwhile.
            result = await store.RestoreAsync(credential, id, current => conditions.AllowsChange(current?.ToString()), vault.Require, options.Versions.Keep, trail.Note(), cancellationToken);
        }
        while (result.State == ChangeState.Exists);

        return Answer(result, credential, NotFound(credential), http.Response, trail);
    }

    private static async Task<Results<Ok<CredentialResponse>, ProblemHttpResult>> UndeleteAsync(
        string name, HttpResponse response, Caller caller, ChangeStore store, Vault vault, AxvaultOptions options, AuditTrail trail, CancellationToken cancellationToken)
    {
        if (!CredentialGate.MayWrite(name, caller, trail, out var credential, out var refusal))
        {
            return refusal;
        }

        var result = await store.RestoreAsync(credential, null, static _ => true, vault.Require, options.Versions.Keep, trail.Note(), cancellationToken);
        return Answer(result, credential, Problems.NotFound($"There is no deleted credential {credential}."), response, trail);
    }

    private static Results<Ok<CredentialResponse>, ProblemHttpResult> Answer(
        ChangeResult result, CredentialName name, ProblemHttpResult absent, HttpResponse response, AuditTrail trail)
    {
        if (result.State != ChangeState.Made)
        {
            trail.Reason = null;
        }

        if (result.Metadata is { } metadata)
        {
            response.Headers.ETag = result.Tag.ToString();
            return TypedResults.Ok(CredentialResponse.Of(metadata));
        }

        return result.State switch
        {
            ChangeState.Exists => Problems.Conflict($"There is a credential {name} again."),
            ChangeState.Refused => CredentialProblems.PreconditionFailed(name),
            _ => absent,
        };
    }

    private static ProblemHttpResult NotFound(CredentialName name) => Problems.NotFound($"There is no such version of a credential {name}.");

    private static string Describe(Guid id) => $"version {VersionId.ToText(id)}";
}
