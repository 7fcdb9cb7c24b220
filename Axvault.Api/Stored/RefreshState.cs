
namespace Axvault.Api.Stored;

/// <summary>
/// The refreshes of a credential's present version, as the whole fleet knows them. All times are of the database's clock, the only one that all servers
/// share. A put makes a new version without refreshes.
/// </summary>
internal sealed record RefreshState
{
    /// <summary>The state before the first refresh.</summary>
    public static readonly RefreshState None = new();

    /// <summary>The outcome of the last refresh; <see langword="null"/> before the first.</summary>
    public RefreshStatus? Status { get; init; }

    /// <summary>The time of the last successful refresh.</summary>
    public DateTimeOffset? LastRefreshedAt { get; init; }

    /// <summary>The whole lifetime of the access token of that refresh.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>The time of the last failure.</summary>
    public DateTimeOffset? FailedAt { get; init; }

    /// <summary>The error code of the last failure.</summary>
    public string? Error { get; init; }

    /// <summary>The number of failed refreshes since the last success.</summary>
    public int Attempts { get; init; }

    /// <summary>The earliest time of the next attempt.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>The time at which the refresh token was first sent without an answer that could be read.</summary>
    public DateTimeOffset? UnknownSince { get; init; }

    /// <summary>The keyed hashes of the provider's settings that the provider has refused since the last success, in hexadecimal digits.</summary>
    public IReadOnlyList<string> RefusedSettings { get; init; } = [];

    /// <summary><see langword="true"/> when an answer of the provider is kept that could not be read; otherwise <see langword="false"/>.</summary>
    public bool HasUnreadAnswer { get; init; }

    /// <summary>The end of the claim that a server holds on the refresh. A living server prolongs it.</summary>
    public DateTimeOffset? ClaimedUntil { get; init; }
}
