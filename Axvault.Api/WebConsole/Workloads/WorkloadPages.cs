using Axvault.Api.WebConsole.Keys;
using Axvault.Api.WebConsole.Layout;
using Axvault.Client;
using RazorSlices;

namespace Axvault.Api.WebConsole.Workloads;

/// <summary>The pages of workload identity: rules and issuers.</summary>
internal static class WorkloadPages
{
    /// <summary>Maps the pages below <c>/console/workloads</c>.</summary>
    public static void MapWorkloadPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/workloads", ListAsync);
        pages.MapGet("/workloads/rules/new", ShowNewRuleAsync);
        pages.MapPost("/workloads/rules", StoreRuleAsync);
        pages.MapGet("/workloads/rules/{rule}", ShowRuleAsync);
        pages.MapPost("/workloads/rules/{rule}/test", TestRuleAsync);
        pages.MapPost("/workloads/rules/{rule}/delete", DeleteRuleAsync);
        pages.MapGet("/workloads/issuers/new", ShowNewIssuer);
        pages.MapPost("/workloads/issuers", StoreIssuerAsync);
        pages.MapGet("/workloads/issuers/{issuer}", ShowIssuerAsync);
        pages.MapPost("/workloads/issuers/{issuer}/delete", DeleteIssuerAsync);
    }

    private static async Task<IResult> ListAsync(ConsoleVisit visit, CancellationToken cancellationToken)
    {
        var rules = await visit.Vault.Rules.ListAsync(cancellationToken);
        var issuers = await visit.Vault.Issuers.ListAsync(cancellationToken);
        return WorkloadList.Create(new WorkloadListModel(visit.Frame("Workloads", ConsoleSection.Workloads), rules, issuers));
    }

    private static async Task<IResult> ShowNewRuleAsync(ConsoleVisit visit, CancellationToken cancellationToken) =>
        await RuleFormAsync(visit, RuleFields.Empty, null, cancellationToken);

    private static async Task<IResult> StoreRuleAsync(ConsoleVisit visit, CancellationToken cancellationToken)
    {
        var fields = RuleFields.Of(visit);
        try
        {
            await visit.Vault.Rules.PutAsync(fields.Name, fields.ToSettings(), cancellationToken);
            return ConsoleVisit.SeeOther($"/console/workloads/rules/{Uri.EscapeDataString(fields.Name)}?done=rule-stored");
        }
        catch (AxvaultException exception) when (FormFailure.IsOfForm(exception))
        {
            return Results.RazorSlice(await RuleFormAsync(visit, fields, FormFailure.Of(exception), cancellationToken), FormFailure.StatusOf(exception));
        }
    }

    private static async Task<IResult> ShowRuleAsync(ConsoleVisit visit, string rule, CancellationToken cancellationToken) =>
        await RulePageAsync(visit, rule, null, cancellationToken);

    private static async Task<IResult> TestRuleAsync(ConsoleVisit visit, string rule, CancellationToken cancellationToken)
    {
        var test = await visit.Vault.Rules.TestAsync(rule, visit.Text("token") ?? "", cancellationToken);
        return await RulePageAsync(visit, rule, test, cancellationToken);
    }

    private static async Task<IResult> DeleteRuleAsync(ConsoleVisit visit, string rule, CancellationToken cancellationToken)
    {
        await visit.Vault.Rules.DeleteAsync(rule, cancellationToken);
        return ConsoleVisit.SeeOther("/console/workloads?done=rule-deleted");
    }

    private static RazorSlice<IssuerNewModel> ShowNewIssuer(ConsoleVisit visit) => IssuerFormPage(visit, IssuerFields.Empty, null);

    private static async Task<IResult> StoreIssuerAsync(ConsoleVisit visit, CancellationToken cancellationToken)
    {
        var fields = IssuerFields.Of(visit);
        try
        {
            await visit.Vault.Issuers.PutAsync(fields.Name, fields.ToSettings(), cancellationToken);
            return ConsoleVisit.SeeOther($"/console/workloads/issuers/{Uri.EscapeDataString(fields.Name)}?done=issuer-stored");
        }
        catch (AxvaultException exception) when (FormFailure.IsOfForm(exception))
        {
            return Results.RazorSlice(IssuerFormPage(visit, fields, FormFailure.Of(exception)), FormFailure.StatusOf(exception));
        }
    }

    private static async Task<IResult> ShowIssuerAsync(ConsoleVisit visit, string issuer, CancellationToken cancellationToken)
    {
        var found = await visit.Vault.Issuers.ReadAsync(issuer, cancellationToken);
        return IssuerDetail.Create(new IssuerDetailModel(visit.Frame(found.Name, ConsoleSection.Workloads), found, IssuerFields.Of(found)));
    }

    private static async Task<IResult> DeleteIssuerAsync(ConsoleVisit visit, string issuer, CancellationToken cancellationToken)
    {
        await visit.Vault.Issuers.DeleteAsync(issuer, cancellationToken);
        return ConsoleVisit.SeeOther("/console/workloads?done=issuer-deleted");
    }

    private static async Task<RazorSlice<RuleNewModel>> RuleFormAsync(
        ConsoleVisit visit,
        RuleFields fields,
        FormFailure? failure,
        CancellationToken cancellationToken
    )
    {
        var issuers = await visit.Vault.Issuers.ListAsync(cancellationToken);
        var model = new RuleFormModel(fields, [.. issuers.Select(static issuer => issuer.Name)], IsNew: true);
        return RuleNew.Create(new RuleNewModel(visit.Frame("New rule", ConsoleSection.Workloads), model, failure));
    }

    private static async Task<IResult> RulePageAsync(ConsoleVisit visit, string name, WorkloadRuleTest? test, CancellationToken cancellationToken)
    {
        var rule = await visit.Vault.Rules.ReadAsync(name, cancellationToken);
        var form = new RuleFormModel(RuleFields.Of(rule), [rule.Issuer], IsNew: false);
        return RuleDetail.Create(
            new RuleDetailModel(visit.Frame(rule.Name, ConsoleSection.Workloads), rule, KeyWords.Describe(Rights.Of(rule), null), form, test)
        );
    }

    private static RazorSlice<IssuerNewModel> IssuerFormPage(ConsoleVisit visit, IssuerFields fields, FormFailure? failure) =>
        IssuerNew.Create(new IssuerNewModel(visit.Frame("New issuer", ConsoleSection.Workloads), fields, failure));
}
