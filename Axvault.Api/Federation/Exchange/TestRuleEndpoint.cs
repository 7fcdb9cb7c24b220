using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Federation.Rules;
using Axvault.Api.Http;
using Axvault.Api.Http.Description;
using Axvault.Api.Keys;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Axvault.Api.Federation.Exchange;

/// <summary>The call that tests a token against a rule, and issues nothing.</summary>
internal static class TestRuleEndpoint
{
    /// <summary>Maps the call.</summary>
    public static void MapRuleTest(this IEndpointRouteBuilder api) =>
        api.MapPost("/rules/{rule}/test", TestAsync)
            .WithTags("Workload identity")
            .WithAudit(AuditAction.RuleTest)
            .ChecksAccessFirst(KeyProblems.RefuseWithoutGrant)
            .WithName("testRule")
            .WithSummary("Test a token against a rule")
            .WithDescription(
                "Tells which conditions of the rule the token meets, for those who may write the rule. No key is issued, and the token is neither stored nor "
                    + "used up."
            )
            .WithAnswer(200, "Every condition, and whether it holds.")
            .Refuses(400, 403, 404);

    private static async Task<Results<Ok<TestRuleResponse>, ProblemHttpResult>> TestAsync(
        [FromRoute(Name = "rule")] string name,
        TestRuleRequest request,
        Caller caller,
        RuleStore rules,
        TokenJudge judge,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        var (rule, issuer) = await rules.FindAsync(name, cancellationToken);
        if (!RuleEndpoints.MaySee(caller, rule))
        {
            return KeyProblems.Refuse(KeyChange.Denied, RuleEndpoints.MayNotWrite, trail);
        }

        if (rule is null || issuer is null)
        {
            return Problems.NotFound(RuleEndpoints.Absent);
        }

        if (!WorkloadToken.TryParse(request.Token ?? "", out var token))
        {
            return Problems.Invalid("token", $"must be a JWT in the compact form, of at most {WorkloadToken.MaxLength} characters");
        }

        var checks = await judge.JudgeAsync(token, rule.Rule, issuer, cancellationToken);
        return TypedResults.Ok(
            new TestRuleResponse(
                checks.All(static check => check.Holds),
                [.. checks.Select(static check => new TokenCheckResponse(check.Name, check.Holds, check.Failure, check.Expected, check.Found))]
            )
        );
    }
}
