using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Http;
using Axvault.Api.Http.Description;
using Axvault.Api.Keys;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Axvault.Api.Federation.Rules;

/// <summary>The calls on rules.</summary>
internal static class RuleEndpoints
{
    /// <summary>The reason why a caller may not see or change a rule.</summary>
    public const string MayNotWrite = "The access that the rule gives exceeds what this API key may grant.";

    /// <summary>The sentence about a missing rule.</summary>
    public const string Absent = "There is no such rule.";

    private static readonly AnswerHeader Location = new("Location", "The path of the rule.") { Example = "/api/v1/rules/deploy", IsPath = true };

    /// <summary>Maps the calls below <c>/rules</c>.</summary>
    public static void MapRules(this IEndpointRouteBuilder api)
    {
        var rules = api.MapGroup("/rules").WithTags("Workload identity");
        rules
            .MapGet("/", ListAsync)
            .WithAudit(AuditAction.RuleList)
            .WithName("listRules")
            .WithSummary("List the rules")
            .WithDescription("Lists the rules that the calling key may write.")
            .WithAnswer(200, "The rules, in the order of their names.");
        rules
            .MapGet("/{rule}", GetAsync)
            .WithAudit(AuditAction.RuleRead)
            .WithName("getRule")
            .WithSummary("Read a rule")
            .WithDescription("Every entry of its four lists must be within the `grantAccess` of the calling key.")
            .WithAnswer(200, "The rule.")
            .Refuses(403, 404);
        rules
            .MapPut("/{rule}", PutAsync)
            .WithAudit(AuditAction.RulePut)
            .ChecksAccessFirst(KeyProblems.RefuseWithoutGrant)
            .WithName("putRule")
            .WithSummary("Make or replace a rule")
            .WithDescription(
                "Every entry of its four lists, before and after, must be within the `grantAccess` of the calling key. The key must not expire, and "
                    + "its networks must contain those of the rule. A change ends the keys of the rule at once, on every server. The same rule again changes "
                    + "nothing."
            )
            .WithAnswer(201, "The rule is new.", Location)
            .WithAnswer(200, "The rule as it is now.")
            .Refuses(400, 403);
        rules
            .MapDelete("/{rule}", DeleteAsync)
            .WithAudit(AuditAction.RuleDelete)
            .ChecksAccessFirst(KeyProblems.RefuseWithoutGrant)
            .WithName("deleteRule")
            .WithSummary("Delete a rule")
            .WithDescription("The rule must be one that the calling key may write. Its keys end at once, on every server.")
            .WithAnswer(204, "The rule is gone.")
            .Refuses(403, 404);
    }

    /// <summary>Returns <see langword="true"/> when <paramref name="caller"/> may see and test <paramref name="rule"/>.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="rule">The rule; <see langword="null"/> for a missing one, about which only administrators learn that it is missing.</param>
    public static bool MaySee(Caller caller, StoredRule? rule) =>
        caller.MayManage(rule is null ? GrantRules.MayAdminister(caller.Scope) : GrantRules.MayCreate(caller.Scope, rule.Rule.Scope));

    private static async Task<Ok<RuleListResponse>> ListAsync(Caller caller, RuleStore store, CancellationToken cancellationToken)
    {
        var rules = await store.ListAsync(cancellationToken);
        return TypedResults.Ok(
            new RuleListResponse([.. rules.Where(rule => GrantRules.MayCreate(caller.Scope, rule.Rule.Scope)).Select(RuleResponse.Of)])
        );
    }

    private static async Task<Results<Ok<RuleResponse>, ProblemHttpResult>> GetAsync(
        [FromRoute(Name = "rule")] string name,
        Caller caller,
        RuleStore store,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        var (rule, _) = await store.FindAsync(name, cancellationToken);
        return !MaySee(caller, rule) ? KeyProblems.Refuse(KeyChange.Denied, MayNotWrite, trail)
            : rule is null ? Problems.NotFound(Absent)
            : TypedResults.Ok(RuleResponse.Of(rule));
    }

    private static async Task<Results<Created<RuleResponse>, Ok<RuleResponse>, ProblemHttpResult>> PutAsync(
        [FromRoute(Name = "rule")] string name,
        RuleRequest request,
        Caller caller,
        Ledger ledger,
        RuleStore store,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        var errors = new FieldErrors();
        if (!CredentialName.TryParse(name, out _))
        {
            errors.Report("name", CredentialName.Rule);
        }

        if (!request.TryValidate(errors, name, out var rule))
        {
            return Problems.Invalid(errors);
        }

        var put = await ledger.ChangeAsync(change => store.PutAsync(change, caller, rule, trail.ForChange(), cancellationToken), cancellationToken);
        caller.MayManage(put.Refusal is null);
        return !put.IsDone ? put.Refuse(MayNotWrite, Absent, trail)
            : put.IsNew ? TypedResults.Created($"/api/v1/rules/{name}", RuleResponse.Of(put.Value))
            : TypedResults.Ok(RuleResponse.Of(put.Value));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        [FromRoute(Name = "rule")] string name,
        Caller caller,
        Ledger ledger,
        RuleStore store,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        var deleted = await ledger.ChangeAsync(change => store.DeleteAsync(change, caller, name, trail.ForChange(), cancellationToken), cancellationToken);
        caller.MayManage(deleted.Refusal is null);
        return deleted.IsDone ? TypedResults.NoContent() : deleted.Refuse(MayNotWrite, Absent, trail);
    }
}
