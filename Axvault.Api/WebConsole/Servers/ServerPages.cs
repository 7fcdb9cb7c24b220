using Axvault.Api.WebConsole.Layout;
using Axvault.Client;

namespace Axvault.Api.WebConsole.Servers;

/// <summary>The page of the servers.</summary>
internal static class ServerPages
{
    /// <summary>Maps <c>/console/servers</c>.</summary>
    public static void MapServerPages(this IEndpointRouteBuilder pages) => pages.MapGet("/servers", ShowAsync);

    private static async Task<IResult> ShowAsync(ConsoleVisit visit, TimeProvider time, CancellationToken cancellationToken) =>
        ServerPage.Create(
            new ServerModel(visit.Frame("Servers", ConsoleSection.Servers), await visit.Vault.Servers.ReadAsync(cancellationToken), time.GetUtcNow())
        );
}

/// <summary>The servers.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Fleet">The servers and their state.</param>
/// <param name="Now">The present time.</param>
public sealed record ServerModel(PageFrame Frame, VaultFleet Fleet, DateTimeOffset Now);
