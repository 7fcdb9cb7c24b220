using Axvault.Api.WebConsole.Layout;
using Axvault.Client;

namespace Axvault.Api.WebConsole.Usage;

/// <summary>The page of the broker's use.</summary>
internal static class UsagePages
{
    private static readonly string[] Orders = ["key", "credential", "model", "rule"];

    /// <summary>Maps <c>/console/usage</c>.</summary>
    public static void MapUsagePages(this IEndpointRouteBuilder pages) => pages.MapGet("/usage", ShowAsync);

    private static async Task<IResult> ShowAsync(ConsoleVisit visit, string? by, DateOnly? from, DateOnly? to, CancellationToken cancellationToken)
    {
        var order = Orders.Contains(by) ? by! : "credential";
        var days = await visit.Vault.Usage.ReadAsync("day", from, to, cancellationToken);
        var sums = await visit.Vault.Usage.ReadAsync(order, from, to, cancellationToken);
        var today = (await visit.Vault.Usage.ReadAsync("key", days.To, days.To, cancellationToken)).Usage;
        var keys = await visit.Vault.Keys.ListAsync(issued: true, cancellationToken);
        return UsagePage.Create(
            new UsageModel(visit.Frame("Usage", ConsoleSection.Usage), days, sums, Orders, [.. keys.SelectMany(key => NearLimits(key, today))])
        );
    }

    private static IEnumerable<NearLimit> NearLimits(ApiKey key, IReadOnlyList<UsageSum> today) =>
        key.TokensPerDay is { } limit && today.FirstOrDefault(sum => sum.Name == key.Id) is { } used
            ? [new NearLimit(key, UsageModel.Tokens(used), limit)]
            : [];
}
