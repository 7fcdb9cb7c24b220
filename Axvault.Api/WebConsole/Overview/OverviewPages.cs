using Axvault.Api.WebConsole.Credentials;
using Axvault.Api.WebConsole.Layout;
using Axvault.Client;

namespace Axvault.Api.WebConsole.Overview;

/// <summary>The first page: what needs someone, and what comes.</summary>
internal static class OverviewPages
{
    private const int MaxFailing = 50;
    private static readonly TimeSpan Soon = TimeSpan.FromDays(7);

    /// <summary>Maps <c>/console</c>.</summary>
    public static void MapOverview(this IEndpointRouteBuilder pages) => pages.MapGet("/", ShowAsync);

    private static async Task<IResult> ShowAsync(ConsoleVisit visit, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var overview = await visit.Vault.Credentials.OverviewAsync(cancellationToken);
        var failing = overview.Attention > 0
            ? (
                await visit.Vault.Credentials.ListPageAsync(
                    new CredentialQuery { Status = "attention", Sort = "status" },
                    MaxFailing,
                    cancellationToken: cancellationToken
                )
            ).Credentials
            : [];
        return OverviewPage.Create(
            new OverviewModel(
                visit.Frame("Overview", ConsoleSection.Overview),
                overview,
                [.. failing.Select(credential => new FailingCredential(credential, CredentialHealth.Of(credential, now)))],
                await ReadVaultAsync(visit, now, cancellationToken),
                now
            )
        );
    }

    // Keys and servers are for administrators. Another key sees the page without them.
    private static async Task<VaultFacts?> ReadVaultAsync(ConsoleVisit visit, DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            var keys = await visit.Vault.Keys.ListAsync(cancellationToken: cancellationToken);
            var fleet = await visit.Vault.Servers.ReadAsync(cancellationToken);
            return new VaultFacts(keys.Count(key => key.ExpiresAt > now && key.ExpiresAt <= now + Soon), fleet);
        }
        catch (AxvaultException exception) when (exception.Error == AxvaultError.Forbidden)
        {
            return null;
        }
    }
}
