namespace Axvault.Api.Federation.KeySets;

/// <summary>The keys of an issuer as last fetched.</summary>
/// <param name="Json">The keys; <see langword="null"/> before the first success.</param>
/// <param name="FetchedAt">The time of the last success.</param>
/// <param name="AttemptedAt">The time of the last attempt.</param>
/// <param name="Failure">The reason why the last attempt failed; <see langword="null"/> when it succeeded.</param>
internal sealed record StoredKeySet(string? Json, DateTimeOffset? FetchedAt, DateTimeOffset AttemptedAt, string? Failure)
{
    /// <summary><see langword="true"/> when the keys were fetched a short time ago; otherwise <see langword="false"/>.</summary>
    public required bool IsFresh { get; init; }

    /// <summary><see langword="true"/> when a server is fetching them; otherwise <see langword="false"/>.</summary>
    public required bool IsUnderWay { get; init; }
}
