using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Credentials;
using Axvault.Api.Http;
using Axvault.Api.Reference;
using Axvault.Api.Refresh.Grants;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Refresh;

/// <summary>The call that refreshes a credential now.</summary>
internal static class RefreshEndpoints
{
    /// <summary>Maps <c>POST /credentials/{name}/refresh</c>.</summary>
    public static void MapRefresh(this IEndpointRouteBuilder api) => api.MapPost("/credentials/{name}/refresh", RefreshAsync)
        .WithTags("Credentials")
        .WithAudit(AuditAction.CredentialRefresh)
        .WithName("refreshCredential")
        .WithSummary("Refresh a credential now")
        .WithDescription("Whether or not its access token is about to expire. Needs the name in `writeAccess`. Where a refresh is under way, it waits for that one.")
        .WithQuery("force", """{ "type": "boolean", "default": false }""", "Sends the refresh token even when nobody knows whether the provider took it the last time. A provider may revoke the login for it.")
        .WithAnswer(200, "The tokens are new. The answer has no `data`.")
        .Refuses(400, 403, 404, 409, 502);

    private static async Task<Results<Ok<CredentialResponse>, ProblemHttpResult>> RefreshAsync(
        string name, HttpRequest request, Caller caller, CredentialOpener credentials, Refresher refresher, AuditTrail trail, CancellationToken cancellationToken)
    {
        if (!CredentialGate.MayWrite(name, caller, trail, out var credential, out var refusal))
        {
            return refusal;
        }

        if (!QueryFlag.TryRead(request, "force", out var force))
        {
            return Problems.Invalid("force", QueryFlag.Rule);
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
            { Outcome: RefreshOutcome.Refreshed } => TypedResults.Ok(CredentialResponse.OfRefresh(result.Credential.Stored.Metadata, RefreshTelemetry.Name(result.Outcome))),
            { Error: RefreshError.StoreUnavailable } => Problems.Unavailable("The database does not answer. Nothing was sent to the provider."),
            { Error: RefreshError.Deleted } => CredentialProblems.NotFound(credential),
            _ => Problems.RefreshFailed(RefreshTelemetry.Name(result.Failure ?? FailureClass.Transient), result.Error!),
        };
    }
}
