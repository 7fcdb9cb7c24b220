using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Http;
using Axvault.Api.Http.Description;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Credentials.Login;

/// <summary>The calls by which a person logs a credential in again, where the server's settings and the provider permit it.</summary>
internal static class LoginEndpoints
{
    /// <summary>Maps the calls below <c>/credentials/{name}/login</c>.</summary>
    public static void MapLogins(this IEndpointRouteBuilder api)
    {
        var logins = api.MapGroup("/credentials/{name}/login").WithTags("Logins").Refuses(400, 403, 404);
        logins
            .MapGet("/", FindWaysAsync)
            .WithAudit(AuditAction.CredentialLoginRead)
            .WithName("getLoginFlows")
            .WithSummary("Read the ways to a new login")
            .WithDescription(
                "A flow is possible when the server's settings of the provider have its address: `AXVAULT_OAUTH_<NAME>_DEVICE_URL` or `_AUTHORIZE_URL`. "
                    + "Needs the name in `writeAccess`."
            )
            .WithAnswer(200, "The provider, and the flows that are possible.");
        logins
            .MapPost("/", BeginAsync)
            .WithAudit(AuditAction.CredentialLoginBegin)
            .ChecksAccessFirst(CredentialGate.RefuseWrite)
            .WithName("beginLogin")
            .WithSummary("Begin a new login")
            .WithDescription(
                "Returns what a person needs to log in at the provider: a code to confirm (RFC 8628), or an address to open (RFC 6749 with PKCE). "
                    + "The server keeps nothing of it. Needs the name in `writeAccess`."
            )
            .WithAnswer(200, "The login has begun.")
            .Refuses(409, 502);
        logins
            .MapPost("/finish", FinishAsync)
            .WithAudit(AuditAction.CredentialLoginFinish)
            .ChecksAccessFirst(CredentialGate.RefuseWrite)
            .WithName("finishLogin")
            .WithSummary("Finish a new login")
            .WithDescription(
                "Exchanges the person's confirmation for tokens, and stores them as a new version in the shape of the present one. "
                    + "Call it again while the answer is `pending`, with the `login` of that answer. A pasted answer is exchanged once. "
                    + "Only the key that began the login can finish it. Needs the name in `writeAccess`."
            )
            .WithAnswer(200, "The tokens are stored, or the person has not confirmed yet.")
            .Refuses(409, 502);
    }

    private static async Task<Results<Ok<LoginWaysResponse>, ProblemHttpResult>> FindWaysAsync(
        string name,
        Caller caller,
        CredentialLogin logins,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        if (!CredentialGate.MayWrite(name, caller, trail, out var credential, out var refusal))
        {
            return refusal;
        }

        return await logins.FindWaysAsync(credential, cancellationToken) is { } ways ? TypedResults.Ok(ways) : CredentialProblems.NotFound(credential);
    }

    private static async Task<Results<Ok<LoginResponse>, ProblemHttpResult>> BeginAsync(
        string name,
        BeginLoginRequest request,
        HttpResponse response,
        Caller caller,
        CredentialLogin logins,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        if (!CredentialGate.MayWrite(name, caller, trail, out var credential, out var refusal))
        {
            return refusal;
        }

        if (request.Flow is not (null or LoginFlow.Device or LoginFlow.Paste))
        {
            return Problems.Invalid("flow", LoginFlow.Rule);
        }

        var result = await logins.BeginAsync(credential, request.Flow, caller.KeyId, cancellationToken);
        return result.Begun is { } begun ? TypedResults.Ok(begun) : Refuse(result, credential, trail);
    }

    private static async Task<Results<Ok<LoginProgressResponse>, ProblemHttpResult>> FinishAsync(
        string name,
        FinishLoginRequest request,
        Caller caller,
        CredentialLogin logins,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        if (!CredentialGate.MayWrite(name, caller, trail, out var credential, out var refusal))
        {
            return refusal;
        }

        var errors = new FieldErrors();
        errors.Text("login", request.Login, FinishLoginRequest.MaxLength, required: true);
        errors.Text("answer", request.Answer, FinishLoginRequest.MaxLength, multiline: true);
        if (errors.Count > 0)
        {
            return Problems.Invalid(errors);
        }

        try
        {
            var result = await logins.FinishAsync(credential, request, caller, trail, cancellationToken);
            if (result.Interval is { } interval)
            {
                trail.Reason = result.Reason is { } reason ? $"pending, {reason}" : "pending";
                return TypedResults.Ok(new LoginProgressResponse("pending", interval, result.Login, null));
            }

            return result.Stored is { } stored
                ? TypedResults.Ok(new LoginProgressResponse("done", null, null, stored.Tag.UpdatedAt))
                : Refuse(result, credential, trail);
        }
        catch (RefreshTokenTakenException exception)
        {
            return CredentialProblems.TokenTaken(exception, caller, trail);
        }
    }

    private static ProblemHttpResult Refuse(LoginResult result, CredentialName name, AuditTrail trail)
    {
        if (result.IsForbidden)
        {
            return CredentialProblems.Forbidden("write", name, trail);
        }

        trail.Reason = result.Reason ?? result.Error ?? result.Obstacle;
        return result.Invalid is var (field, rule) ? Problems.Invalid(field, rule)
            : result.Error is { } error ? Problems.LoginFailed(error)
            : result.Obstacle is { } obstacle ? Problems.Conflict(obstacle)
            : CredentialProblems.NotFound(name);
    }
}
