using Axvault.Api.WebConsole.Layout;
using Axvault.Api.WebConsole.Logins;
using Axvault.Client;

namespace Axvault.Api.WebConsole.Credentials;

/// <summary>The pages of the credentials.</summary>
internal static class CredentialPages
{
    /// <summary>The number of credentials on a page.</summary>
    public const int PageSize = 100;

    private const int LastReads = 10;

    /// <summary>Maps the pages below <c>/console/credentials</c>.</summary>
    public static void MapCredentialPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/credentials", ListAsync);
        pages.MapGet("/credentials/deleted", ListDeletedAsync);
        pages.MapGet("/credentials/{name}", ShowAsync);
        pages.MapCredentialActs();
        pages.MapPutPages();
    }

    private static async Task<IResult> ListAsync(
        ConsoleVisit visit,
        HttpRequest request,
        TimeProvider time,
        [AsParameters] CredentialFilter filter,
        CancellationToken cancellationToken
    )
    {
        var page = await visit.Vault.Credentials.ListPageAsync(filter.ToQuery(), PageSize, filter.Cursor, cancellationToken);
        var now = time.GetUtcNow();
        var model = new CredentialListModel(
            visit.Frame("Credentials", ConsoleSection.Credentials),
            filter,
            [
                .. page.Credentials.Select(credential => new CredentialRow(
                    credential,
                    CredentialHealth.Of(credential, now),
                    PermittedUse.Of(credential)
                )),
            ],
            page.NextCursor,
            now
        );
        // The next page of a list is asked for by its last row, which it replaces.
        return request.Headers.ContainsKey("HX-Request") ? CredentialRows.Create(model) : CredentialList.Create(model);
    }

    private static async Task<IResult> ListDeletedAsync(ConsoleVisit visit, TimeProvider time, string? cursor, CancellationToken cancellationToken)
    {
        var page = await visit.Vault.Credentials.ListPageAsync(new CredentialQuery { Deleted = true }, PageSize, cursor, cancellationToken);
        return DeletedList.Create(
            new DeletedListModel(visit.Frame("Deleted credentials", ConsoleSection.Credentials), page.Credentials, page.NextCursor, time.GetUtcNow())
        );
    }

    private static async Task<IResult> ShowAsync(ConsoleVisit visit, string name, TimeProvider time, CancellationToken cancellationToken)
    {
        var vault = visit.Vault;
        if (await vault.Credentials.FindAsync(name, cancellationToken) is not { } credential)
        {
            return FailurePage.NotFound(visit, "There is no such credential, or the key of this session may not read it.");
        }

        var now = time.GetUtcNow();
        var health = CredentialHealth.Of(credential, now);
        return CredentialDetail.Create(
            new CredentialDetailModel(
                visit.Frame(name, ConsoleSection.Credentials),
                credential,
                health,
                PermittedUse.Of(credential),
                await vault.Credentials.ListVersionsAsync(name, cancellationToken),
                await ReadAccessAsync(vault, name, now, cancellationToken),
                health.Tone == Tone.Good ? null : await FindLoginAsync(visit, credential, cancellationToken),
                now
            )
        );
    }

    private static async Task<LoginWaysModel?> FindLoginAsync(ConsoleVisit visit, Credential credential, CancellationToken cancellationToken)
    {
        try
        {
            var flows = await visit.Vault.Credentials.FindLoginFlowsAsync(credential.Name, cancellationToken);
            return new LoginWaysModel(visit.Frame(credential.Name, ConsoleSection.Credentials), credential, flows);
        }
        catch (AxvaultException exception) when (exception.Error == AxvaultError.Forbidden)
        {
            // The key may read the credential, and not write it.
            return null;
        }
    }

    // Keys, rules and the audit log are for administrators. Another key sees the page without them.
    private static async Task<CredentialAccess?> ReadAccessAsync(AxvaultClient vault, string name, DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            var keys = await vault.Keys.ListAsync(cancellationToken: cancellationToken);
            var rules = await vault.Rules.ListAsync(cancellationToken);
            var reads = await vault.Audit.ListPageAsync(
                new AuditQuery { Credential = name, Action = "credential.read" },
                LastReads,
                cancellationToken: cancellationToken
            );
            var refreshes = await vault.Audit.ListPageAsync(
                new AuditQuery { Credential = name, Action = "credential.refresh" },
                2 * PastRefresh.Shown,
                cancellationToken: cancellationToken
            );
            return new CredentialAccess(
                [
                    .. keys.Where(key => key.ExpiresAt is not { } end || end > now)
                        .Select(key => new AccessHolder(
                            $"/console/keys/{key.Id}",
                            key.Name,
                            AccessWords.Of(name, key.ReadAccess, key.WriteAccess, key.UseAccess)
                        )),
                    .. rules.Select(rule => new AccessHolder(
                        $"/console/workloads/rules/{rule.Name}",
                        $"the rule {rule.Name}",
                        AccessWords.Of(name, rule.ReadAccess, rule.WriteAccess, rule.UseAccess)
                    )),
                ],
                reads.Entries,
                PastRefresh.Of(refreshes.Entries)
            );
        }
        catch (AxvaultException exception) when (exception.Error == AxvaultError.Forbidden)
        {
            return null;
        }
    }
}
