using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Http;
using Axvault.Api.Http.Description;
using Axvault.Api.Refresh;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Stored;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Credentials;

/// <summary>The call that refreshes a credential now.</summary>
internal static class RefreshEndpoint
{
    /// <summary>Maps <c>POST /credentials/{name}/refresh</c>.</summary>
    public static void MapRefresh(this RouteGroupBuilder credentials) =>
        credentials
            .MapPost("/{name}/refresh", RefreshAsync)
            .WithAudit(AuditAction.CredentialRefresh)
            .WithName("refreshCredential")
            .WithSummary("Refresh a credential now")
            .WithDescription(
                "Refreshes the tokens whether or not they are about to expire. Needs the name in `writeAccess`. Waits for a refresh that is already running."
            )
            .WithAnswer(200, "The tokens are new. The answer has no `data`, and no attributes for a key without read access.")
            .Refuses(403, 404, 409, 502);

    private static async Task<Results<Ok<CredentialResponse>, ProblemHttpResult>> RefreshAsync(
        [AsParameters] RefreshCredentialParameters parameters,
        Caller caller,
        CredentialOpener credentials,
        Refresher refresher,
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

        if (await credentials.LoadAsync(credential, cancellationToken) is not { } found)
        {
            return CredentialProblems.NotFound(credential);
        }

        var (result, obstacle) = await refresher.RefreshNowAsync(found, force, cancellationToken);
        trail.Reason = obstacle ?? result!.Error ?? "ordered";
        return result switch
        {
            null => Problems.Conflict(obstacle!),
            { Outcome: RefreshOutcome.Refreshed } => TypedResults.Ok(
                CredentialResponse.OfChange(result.Credential.Stored.Metadata, caller, RefreshTelemetry.Name(result.Outcome))
            ),
            { Error: RefreshError.StoreUnavailable } => Problems.Unavailable("The database does not answer. Nothing was sent to the provider."),
            { Error: RefreshError.TokenTaken } => Problems.Conflict(
                "The refresh token was used before, or another credential holds it. Nothing was sent. Put new tokens after a new login."
            ),
            { Error: RefreshError.Deleted } => CredentialProblems.NotFound(credential),
            _ => Problems.RefreshFailed(RefreshTelemetry.Name(result.Failure ?? FailureClass.Transient), result.Error!),
        };
    }
}
