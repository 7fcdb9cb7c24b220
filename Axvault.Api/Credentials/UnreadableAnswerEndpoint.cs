using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Http;
using Axvault.Api.Http.Description;
using Axvault.Api.Refresh;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Credentials;

/// <summary>The call that hands out an answer of a provider that could not be read.</summary>
internal static class UnreadableAnswerEndpoint
{
    /// <summary>Maps <c>GET /credentials/{name}/unreadable-answer</c>.</summary>
    public static void MapUnreadableAnswer(this RouteGroupBuilder credentials) =>
        credentials
            .MapGet("/{name}/unreadable-answer", GetAsync)
            .WithAudit(AuditAction.CredentialAnswerRead)
            .WithName("getUnreadableAnswer")
            .WithSummary("Read an answer that the server could not read")
            .WithDescription(
                "The provider's last answer of success to a refresh, when the server could not read it. It may hold the only copy of a new refresh "
                    + "token, and is kept until the next successful refresh or put. Needs `*` in `grantAccess`."
            )
            .WithAnswer(200, "The answer as it came.")
            .Refuses(403, 404);

    private static async Task<Results<Ok<UnreadableAnswerResponse>, ProblemHttpResult>> GetAsync(
        string name,
        Caller caller,
        UnreadAnswers answers,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        if (!CredentialName.TryParse(name, out var credential))
        {
            return CredentialProblems.InvalidName();
        }

        if (!caller.MayAdminister())
        {
            trail.Reason = "no grant access to *";
            return Problems.Forbidden("Only a key with * in grantAccess may read an unreadable answer.");
        }

        return await answers.FindAsync(credential, cancellationToken) is var (answer, requestedAt)
            ? TypedResults.Ok(
                new UnreadableAnswerResponse
                {
                    Name = credential.Value,
                    RequestedAt = requestedAt,
                    Status = answer.Status,
                    ContentType = answer.ContentType,
                    ContentEncoding = answer.ContentEncoding,
                    Body = answer.Body,
                }
            )
            : Problems.NotFound($"No unreadable answer is kept for the credential {credential}.");
    }
}
