using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Credentials.Versions;
using Axvault.Api.Http;
using Axvault.Api.Http.Description;
using Axvault.Api.Stored;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Credentials;

/// <summary>The call that changes what a credential says to people, and leaves its data, its version and its refreshes alone.</summary>
internal static class AnnotateEndpoint
{
    /// <summary>Maps <c>PATCH /credentials/{name}</c>.</summary>
    public static void MapAnnotation(this RouteGroupBuilder credentials) =>
        credentials
            .MapPatch("/{name}", AnnotateAsync)
            .WithAudit(AuditAction.CredentialAnnotate)
            .ChecksAccessFirst(CredentialGate.RefuseWrite)
            .WithName("annotateCredential")
            .WithSummary("Change the title and the notes of a credential")
            .WithDescription("An absent member stays, and `null` removes it. No version is made, and no refresh is forgotten. Needs the name in `writeAccess`.")
            .WithAnswer(204, "The title and the notes are changed.")
            .Refuses(403, 404, 412);

    private static async Task<Results<NoContent, ProblemHttpResult>> AnnotateAsync(
        [AsParameters] AnnotateCredentialParameters parameters,
        AnnotationRequest request,
        Caller caller,
        ChangeStore store,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        if (!CredentialGate.MayWrite(parameters.Name, caller, trail, out var credential, out var refusal))
        {
            return refusal;
        }

        var errors = new FieldErrors();
        request.Validate(errors);
        if (!Preconditions.TryParse(parameters.IfMatch, parameters.IfNoneMatch, errors, out var conditions) || errors.Count > 0)
        {
            return Problems.Invalid(errors);
        }

        var result = await store.AnnotateAsync(credential, Allows, request, trail.ForChange(), cancellationToken);
        return result.State switch
        {
            ChangeState.Made => TypedResults.NoContent(),
            ChangeState.Refused => CredentialProblems.PreconditionFailed(credential),
            _ => CredentialProblems.NotFound(credential),
        };

        bool Allows(CredentialTag? current) => conditions.AllowsChange(current?.ToString());
    }
}
