namespace Axvault.Api.Encryption;

/// <summary>The number of encrypted rows of a vault, by the state of their KEK.</summary>
/// <param name="ByState">The number for each of <see cref="States"/>. An absent state has none.</param>
internal sealed record KekCensus(IReadOnlyDictionary<string, long> ByState)
{
    /// <summary>Under the configured KEK.</summary>
    public const string Current = "current";

    /// <summary>Under another KEK that this server has.</summary>
    public const string Previous = "previous";

    /// <summary>Under a KEK that this server does not have.</summary>
    public const string Missing = "missing";

    /// <summary>Every state.</summary>
    public static readonly IReadOnlyList<string> States = [Current, Previous, Missing];

    /// <summary>Counts the rows under each KEK, from the view of a server with <paramref name="ring"/>.</summary>
    public static KekCensus Of(KeyRing ring, IEnumerable<(KekId Kek, long Rows)> rows)
    {
        return new KekCensus(
            rows.GroupBy(count =>
                    count.Kek == ring.Configured.Id ? Current
                    : ring.TryFind(count.Kek, out _) ? Previous
                    : Missing
                )
                .ToDictionary(static state => state.Key, static state => state.Sum(static count => count.Rows))
        );
    }
}
