using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Credentials.Versions;
using Axvault.Api.Http;
using Axvault.Api.Http.Description;
using Axvault.Api.Stored;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Credentials;

/// <summary>The call that deletes a credential.</summary>
internal static class DeleteEndpoint
{
    /// <summary>Maps <c>DELETE /credentials/{name}</c>.</summary>
    public static void MapDeletion(this RouteGroupBuilder credentials) =>
        credentials
            .MapDelete("/{name}", DeleteAsync)
            .WithAudit(AuditAction.CredentialDelete)
            .WithName("deleteCredential")
            .WithSummary("Delete a credential")
            .WithDescription("The credential can be restored for a number of days, which the server sets. Needs the name in `writeAccess`.")
            .WithAnswer(204, "The credential is gone.")
            .Refuses(403, 404, 412);

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        [AsParameters] DeleteCredentialParameters parameters,
        Caller caller,
        ChangeStore store,
        VersionOptions options,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        var errors = new FieldErrors();
        var purge = errors.Flag("purge", parameters.Purge);
        trail.Action = purge ? AuditAction.CredentialPurge : AuditAction.CredentialDelete;
        if (!CredentialGate.MayWrite(parameters.Name, caller, trail, out var credential, out var refusal))
        {
            return refusal;
        }

        if (!Preconditions.TryParse(parameters.IfMatch, parameters.IfNoneMatch, errors, out var conditions) || errors.Count > 0)
        {
            return Problems.Invalid(errors);
        }

        var result =
            purge || options.Retention == TimeSpan.Zero
                ? await store.PurgeAsync(credential, Allows, needsCurrent: !purge, trail.ForChange(), cancellationToken)
                : await store.DeleteAsync(credential, Allows, options.Keep, trail.ForChange(), cancellationToken);
        return result.State switch
        {
            ChangeState.Made => TypedResults.NoContent(),
            ChangeState.Refused => CredentialProblems.PreconditionFailed(credential),
            _ => CredentialProblems.NotFound(credential),
        };

        bool Allows(CredentialTag? current) => conditions.AllowsChange(current?.ToString());
    }
}
