using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Encryption;
using Axvault.Api.Http;
using Axvault.Api.Http.Description;
using Axvault.Api.RateLimits;
using Axvault.Api.Stored;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Credentials.Versions;

/// <summary>The calls on kept states of a credential.</summary>
internal static class VersionEndpoints
{
    /// <summary>Maps the calls below <c>/credentials/{name}/versions</c>, and <c>/credentials/{name}/undelete</c>.</summary>
    public static void MapVersions(this IEndpointRouteBuilder api)
    {
        var versions = api.MapGroup("/credentials/{name}").WithTags("Versions").Refuses(400, 403, 404);
        versions
            .MapGet("/versions", ListAsync)
            .WithAudit(AuditAction.CredentialVersionList)
            .WithName("listVersions")
            .WithSummary("List the versions of a credential")
            .WithDescription("The versions that puts, restores and deletions have replaced, newest first, without `data`. Needs the name in `readAccess`.")
            .WithAnswer(200, "The versions; none, if nothing was replaced.");
        versions
            .MapGet("/versions/{version}", GetAsync)
            .WithAudit(AuditAction.CredentialVersionRead)
            .WithName("getVersion")
            .WithSummary("Read a version of a credential")
            .WithDescription("Needs the name in `readAccess`. A version is not refreshed.")
            .WithAnswer(200, "The version with its data.");
        versions
            .MapPost("/versions/{version}/restore", RestoreAsync)
            .WithAudit(AuditAction.CredentialRestore)
            .WithName("restoreVersion")
            .WithSummary("Restore a version of a credential")
            .WithDescription(
                "The version becomes current again, with its newest tokens. The current version becomes a kept one. A deleted credential exists again. "
                    + "Needs the name in `writeAccess`."
            )
            .WithAnswer(200, "The version is current. The answer has no `data`, and no attributes for a key without read access.", CredentialHeaders.Tag)
            .Refuses(409, 412);
        versions
            .MapPost("/undelete", UndeleteAsync)
            .WithAudit(AuditAction.CredentialUndelete)
            .WithName("undeleteCredential")
            .WithSummary("Restore a deleted credential")
            .WithDescription("As it was last, with its versions. Needs the name in `writeAccess`.")
            .WithAnswer(200, "The credential exists again. The answer has no `data`, and no attributes for a key without read access.", CredentialHeaders.Tag)
            .Refuses(409);
    }

    private static async Task<Results<Ok<VersionListResponse>, ProblemHttpResult>> ListAsync(
        string name,
        HttpContext context,
        Caller caller,
        VersionStore store,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        if (!CredentialGate.MayRead(name, caller, trail, out var credential, out var refusal))
        {
            return refusal;
        }

        if (await store.ListAsync(credential, cancellationToken) is not { } found)
        {
            return CredentialProblems.NotFound(credential);
        }

        var versions = found.Select(static version => VersionResponse.Of(version)).ToList();
        RequestMemory.Of(context).HoldAnswer(versions.Sum(static version => version.Bytes));
        return TypedResults.Ok(new VersionListResponse(versions));
    }

    private static async Task<Results<Ok<VersionResponse>, ProblemHttpResult>> GetAsync(
        string name,
        string version,
        HttpContext context,
        Caller caller,
        VersionStore store,
        Vault vault,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        if (!CredentialGate.MayRead(name, caller, trail, out var credential, out var refusal))
        {
            return refusal;
        }

        if (!VersionId.TryParse(version, out var id) || await store.FindAsync(credential, id, cancellationToken) is not var (found, revision, envelope))
        {
            return NotFound(credential);
        }

        var place = new EnvelopeContext(id, credential) { Subject = found.Metadata.Attributes.SubjectAt(revision) };
        var data = CredentialData.FromStored(vault.Decrypt(place, envelope));
        RequestMemory.Of(context).HoldAnswer(data.Length);
        trail.Reason = Describe(id);
        return TypedResults.Ok(VersionResponse.Of(found, data));
    }

    private static async Task<Results<Ok<CredentialResponse>, ProblemHttpResult>> RestoreAsync(
        [AsParameters] RestoreVersionParameters parameters,
        HttpResponse response,
        Caller caller,
        VersionRestorer restorer,
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
        if (!Preconditions.TryParse(parameters.IfMatch, parameters.IfNoneMatch, errors, out var conditions) || errors.Count > 0)
        {
            return Problems.Invalid(errors);
        }

        if (!VersionId.TryParse(parameters.Version, out var id))
        {
            return NotFound(credential);
        }

        trail.Reason = Describe(id);
        try
        {
            var result = await restorer.RestoreAsync(credential, id, conditions, force, trail, cancellationToken);
            return Answer(result, caller, credential, NotFound(credential), response, trail);
        }
        catch (RefreshTokenTakenException exception)
        {
            return CredentialProblems.TokenTaken(exception, caller, trail);
        }
    }

    private static async Task<Results<Ok<CredentialResponse>, ProblemHttpResult>> UndeleteAsync(
        [AsParameters] UndeleteCredentialParameters parameters,
        HttpResponse response,
        Caller caller,
        VersionRestorer restorer,
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
        if (errors.Count > 0)
        {
            return Problems.Invalid(errors);
        }

        try
        {
            var result = await restorer.UndeleteAsync(credential, force, trail, cancellationToken);
            return Answer(result, caller, credential, Problems.NotFound($"There is no deleted credential {credential}."), response, trail);
        }
        catch (RefreshTokenTakenException exception)
        {
            return CredentialProblems.TokenTaken(exception, caller, trail);
        }
    }

    private static Results<Ok<CredentialResponse>, ProblemHttpResult> Answer(
        ChangeResult result,
        Caller caller,
        CredentialName name,
        ProblemHttpResult absent,
        HttpResponse response,
        AuditTrail trail
    )
    {
        if (result.State != ChangeState.Made)
        {
            trail.Reason = null;
        }

        if (result.Metadata is { } metadata)
        {
            response.Headers.ETag = result.Tag.ToString();
            return TypedResults.Ok(CredentialResponse.OfChange(metadata, caller));
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
