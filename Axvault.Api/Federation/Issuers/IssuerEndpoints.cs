using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Http;
using Axvault.Api.Http.Description;
using Axvault.Api.Keys;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Axvault.Api.Federation.Issuers;

/// <summary>The calls on issuers of tokens.</summary>
internal static class IssuerEndpoints
{
    private const string MayNotWrite = "This call needs an API key that grants *, without an expiry or networks of its own.";
    private const string Absent = "There is no such issuer.";

    private static readonly AnswerHeader Location = new("Location", "The path of the issuer.") { Example = "/api/v1/issuers/github", IsPath = true };

    /// <summary>Maps the calls below <c>/issuers</c>.</summary>
    public static void MapIssuers(this IEndpointRouteBuilder api)
    {
        var issuers = api.MapGroup("/issuers").WithTags("Workload identity").Refuses(403);
        issuers
            .MapGet("/", ListAsync)
            .WithAudit(AuditAction.IssuerList)
            .WithName("listIssuers")
            .WithSummary("List the issuers")
            .WithDescription("Needs `*` in `grantAccess`.")
            .WithAnswer(200, "Every issuer, without its keys.");
        issuers
            .MapGet("/{issuer}", GetAsync)
            .WithAudit(AuditAction.IssuerRead)
            .WithName("getIssuer")
            .WithSummary("Read an issuer")
            .WithDescription("Needs `*` in `grantAccess`. The answer has the keys that signatures are verified with, and the last failure to fetch them.")
            .WithAnswer(200, "The issuer and its keys.")
            .Refuses(404);
        issuers
            .MapPut("/{issuer}", PutAsync)
            .WithAudit(AuditAction.IssuerPut)
            .ChecksAccessFirst(RefuseWithoutGrant)
            .WithName("putIssuer")
            .WithSummary("Make or replace an issuer")
            .WithDescription(
                "Needs `*` in `grantAccess`, and a key without an expiry and networks of its own. A change ends every key that tokens of the issuer were "
                    + "exchanged for, at once, on every server. The same issuer again changes nothing."
            )
            .WithAnswer(201, "The issuer is new.", Location)
            .WithAnswer(200, "The issuer as it is now.")
            .Refuses(400);
        issuers
            .MapDelete("/{issuer}", DeleteAsync)
            .WithAudit(AuditAction.IssuerDelete)
            .WithName("deleteIssuer")
            .WithSummary("Delete an issuer")
            .WithDescription("Needs `*` in `grantAccess`. Its rules are deleted with it, and their keys end at once, on every server.")
            .WithAnswer(204, "The issuer and its rules are gone.")
            .Refuses(404);
    }

    private static ProblemHttpResult? RefuseWithoutGrant(HttpContext context, Caller caller, AuditTrail trail) =>
        GrantRules.MayAdminister(caller.Scope) ? null : Deny(caller, MayNotWrite, trail);

    private static async Task<Results<Ok<IssuerListResponse>, ProblemHttpResult>> ListAsync(
        Caller caller,
        IssuerStore store,
        AuditTrail trail,
        CancellationToken cancellationToken
    ) =>
        caller.MayAdminister()
            ? TypedResults.Ok(
                new IssuerListResponse([.. (await store.ListAsync(cancellationToken)).Select(static issuer => IssuerResponse.Of(issuer))])
            )
            : KeyProblems.Refuse(KeyChange.Denied, KeyProblems.MayNotAdminister, trail);

    private static async Task<Results<Ok<IssuerResponse>, ProblemHttpResult>> GetAsync(
        [FromRoute(Name = "issuer")] string name,
        Caller caller,
        IssuerStore store,
        IssuerKeys keys,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        if (!caller.MayAdminister())
        {
            return KeyProblems.Refuse(KeyChange.Denied, KeyProblems.MayNotAdminister, trail);
        }

        return await store.FindAsync(name, cancellationToken) is { } issuer
            ? TypedResults.Ok(await keys.DescribeAsync(issuer, cancellationToken))
            : Problems.NotFound(Absent);
    }

    private static async Task<Results<Created<IssuerResponse>, Ok<IssuerResponse>, ProblemHttpResult>> PutAsync(
        [FromRoute(Name = "issuer")] string name,
        IssuerRequest request,
        Caller caller,
        Ledger ledger,
        IssuerStore store,
        IssuerKeys keys,
        FederationOptions options,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        var errors = new FieldErrors();
        if (!CredentialName.TryParse(name, out _))
        {
            errors.Report("name", CredentialName.Rule);
        }

        if (!request.TryValidate(errors, name, options, out var issuer))
        {
            return Problems.Invalid(errors);
        }

        var put = await ledger.ChangeAsync(
            change => store.PutAsync(change, caller, issuer, trail.ForChange(), cancellationToken),
            cancellationToken
        );
        caller.MayManage(put.Refusal is null);
        if (!put.IsDone)
        {
            return put.Refuse(MayNotWrite, Absent, trail);
        }

        // The author learns at once whether the keys can be fetched.
        await keys.RefreshAsync(put.Value, cancellationToken);
        var answer = await keys.DescribeAsync(put.Value, cancellationToken);
        return put.IsNew ? TypedResults.Created($"/api/v1/issuers/{issuer.Name}", answer) : TypedResults.Ok(answer);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        [FromRoute(Name = "issuer")] string name,
        Caller caller,
        Ledger ledger,
        IssuerStore store,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        var deleted = await ledger.ChangeAsync(
            change => store.DeleteAsync(change, caller, name, trail.ForChange(), cancellationToken),
            cancellationToken
        );
        caller.MayManage(deleted.Refusal is null);
        return deleted.IsDone ? TypedResults.NoContent() : deleted.Refuse(KeyProblems.MayNotAdminister, Absent, trail);
    }

    private static ProblemHttpResult Deny(Caller caller, string reason, AuditTrail trail)
    {
        caller.MayManage(false);
        return KeyProblems.Refuse(KeyChange.Denied, reason, trail);
    }
}
