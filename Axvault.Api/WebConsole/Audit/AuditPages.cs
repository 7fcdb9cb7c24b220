using Axvault.Api.Audit.Verification;
using Axvault.Api.WebConsole.Layout;
using RazorSlices;

namespace Axvault.Api.WebConsole.Audit;

/// <summary>The pages of the audit log.</summary>
internal static class AuditPages
{
    private const int PageSize = 100;

    /// <summary>Maps the pages below <c>/console/audit</c>.</summary>
    public static void MapAuditPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/audit", ShowAsync);
        pages.MapGet("/audit/live", ShowLiveAsync);
        // A long log takes its time, as in the API.
        pages.MapGet("/audit/export", ExportAsync).DisableRequestTimeout();
        pages.MapGet("/audit/verification", ShowVerification);
        pages.MapPost("/audit/verification", VerifyAsync).DisableRequestTimeout();
    }

    private static async Task<IResult> ShowAsync(
        ConsoleVisit visit,
        HttpRequest request,
        TimeProvider time,
        [AsParameters] AuditFilter filter,
        CancellationToken cancellationToken
    )
    {
        var page = await visit.Vault.Audit.ListPageAsync(filter.ToQuery(), PageSize, filter.Cursor, cancellationToken);
        var isPart = request.Headers.ContainsKey("HX-Request");
        // The chart has the time and the subject of the filter; the rows have all of it.
        var counts = isPart ? null : await visit.Vault.Audit.CountsAsync(filter.ToCountQuery(time.GetUtcNow()), cancellationToken);
        var model = new AuditListModel(visit.Frame("Audit", ConsoleSection.Audit), filter, page.Entries, page.NextCursor, counts);
        return isPart ? AuditRows.Create(model) : AuditList.Create(model);
    }

    // The rows that the page asks for again and again.
    private static async Task<IResult> ShowLiveAsync(ConsoleVisit visit, [AsParameters] AuditFilter filter, CancellationToken cancellationToken)
    {
        var page = await visit.Vault.Audit.ListPageAsync(filter.ToQuery(), PageSize, cancellationToken: cancellationToken);
        var shown = page.Entries.Where(static entry => entry.Action != "audit.list").ToList();
        return AuditRows.Create(new AuditListModel(visit.Frame("Audit", ConsoleSection.Audit), filter, shown, null, null));
    }

    // The answer of the API goes to the browser as it comes, in the memory of one page.
    private static async Task<IResult> ExportAsync(
        HttpContext context,
        ConsoleVisit visit,
        [AsParameters] AuditFilter filter,
        CancellationToken cancellationToken
    )
    {
        var answer = await visit.GetAsync(filter.ExportPath(), "application/x-ndjson", cancellationToken);
        context.Response.RegisterForDispose(answer);
        return TypedResults.Stream(await answer.Content.ReadAsStreamAsync(cancellationToken), "application/x-ndjson", "axvault-audit.ndjson");
    }

    private static RazorSlice<VerificationModel> ShowVerification(ConsoleVisit visit) =>
        Verification.Create(new VerificationModel(visit.Frame("Verification", ConsoleSection.Audit), null));

    private static async Task<IResult> VerifyAsync(HttpContext context, ConsoleVisit visit, TimeProvider time, CancellationToken cancellationToken)
    {
        string[] anchors = visit.Text("anchor") is { } anchor ? [anchor] : [];
        var progress = new VerificationProgress();
        context.Features.Set(progress);
        var run = new VerificationRun(visit.Vault.Audit.VerifyAsync(anchors, cancellationToken), progress, time);
        var frame = visit.Frame("Verification", ConsoleSection.Audit);
        // A refusal comes soon, and has a page of its own. Otherwise the page is sent while the verification runs.
        return await run.EndsSoonAsync()
            ? Verification.Create(new VerificationModel(frame, await run.Report))
            : Verification.Create(new VerificationModel(frame, null, run));
    }
}
