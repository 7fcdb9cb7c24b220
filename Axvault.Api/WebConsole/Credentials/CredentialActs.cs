namespace Axvault.Api.WebConsole.Credentials;

/// <summary>The acts on a credential.</summary>
internal static class CredentialActs
{
    /// <summary>Maps the acts.</summary>
    public static void MapCredentialActs(this IEndpointRouteBuilder pages)
    {
        pages.MapPost("/credentials/{name}/refresh", RefreshAsync);
        pages.MapPost("/credentials/{name}/annotate", AnnotateAsync);
        pages.MapPost("/credentials/{name}/delete", DeleteAsync);
        pages.MapPost("/credentials/{name}/purge", PurgeAsync);
        pages.MapPost("/credentials/{name}/undelete", UndeleteAsync);
        pages.MapPost("/credentials/{name}/versions/{version}/restore", RestoreAsync);
    }

    private static async Task<IResult> RefreshAsync(ConsoleVisit visit, string name, CancellationToken cancellationToken)
    {
        await visit.Vault.Credentials.RefreshAsync(name, visit.IsTicked("force"), cancellationToken);
        return Back(name, "refreshed");
    }

    private static async Task<IResult> AnnotateAsync(ConsoleVisit visit, string name, CancellationToken cancellationToken)
    {
        await visit.Vault.Credentials.AnnotateAsync(name, visit.Text("title"), visit.Text("notes"), cancellationToken);
        return Back(name, "noted");
    }

    private static async Task<IResult> DeleteAsync(ConsoleVisit visit, string name, CancellationToken cancellationToken)
    {
        await visit.Vault.Credentials.DeleteAsync(name, cancellationToken: cancellationToken);
        return ConsoleVisit.SeeOther("/console/credentials?done=deleted");
    }

    private static async Task<IResult> PurgeAsync(ConsoleVisit visit, string name, CancellationToken cancellationToken)
    {
        await visit.Vault.Credentials.DeleteAsync(name, purge: true, cancellationToken);
        return ConsoleVisit.SeeOther("/console/credentials?done=purged");
    }

    private static async Task<IResult> UndeleteAsync(ConsoleVisit visit, string name, CancellationToken cancellationToken)
    {
        await visit.Vault.Credentials.UndeleteAsync(name, visit.IsTicked("force"), cancellationToken);
        return Back(name, "undeleted");
    }

    private static async Task<IResult> RestoreAsync(ConsoleVisit visit, string name, string version, CancellationToken cancellationToken)
    {
        await visit.Vault.Credentials.RestoreAsync(name, version, visit.IsTicked("force"), cancellationToken);
        return Back(name, "restored");
    }

    private static IResult Back(string name, string notice) => ConsoleVisit.SeeOther($"/console/credentials/{Uri.EscapeDataString(name)}?done={notice}");
}
