namespace Axvault.Api.Encryption;

/// <summary>The encrypted rows of a vault, counted.</summary>
/// <param name="ByState">How many there are of each of <see cref="States"/>; none, where one is absent.</param>
internal sealed record KeyCensus(IReadOnlyDictionary<string, long> ByState)
{
    /// <summary>Under the configured key.</summary>
    public const string Current = "current";

    /// <summary>Under another key that this server has.</summary>
    public const string Previous = "previous";

    /// <summary>Under a key that this server does not have.</summary>
    public const string Missing = "missing";

    /// <summary>Every state.</summary>
    public static readonly IReadOnlyList<string> States = [Current, Previous, Missing];

    /// <summary>Counts the rows under each key as one with <paramref name="ring"/> sees them.</summary>
    public static KeyCensus Of(KeyRing ring, IEnumerable<(KekId Key, long Rows)> rows)
    {
        ArgumentNullException.ThrowIfNull(ring);

        return new KeyCensus(rows
            .GroupBy(count => count.Key == ring.Configured.Id ? Current : ring.TryFind(count.Key, out _) ? Previous : Missing)
            .ToDictionary(static state => state.Key, static state => state.Sum(static count => count.Rows)));
    }
}
