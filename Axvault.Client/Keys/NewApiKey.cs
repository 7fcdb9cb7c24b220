namespace Axvault.Client;

/// <summary>An API key to be made.</summary>
/// <param name="Name">A name for people: 1 to 256 characters.</param>
/// <example><code>new NewApiKey("CI") { ReadAccess = ["claude.*"], ExpiresAt = DateTimeOffset.UtcNow.AddDays(90) }</code></example>
public sealed record NewApiKey(string Name)
{
    /// <summary>The names that the key may read: names, prefixes that end in <c>*</c>, or <c>*</c>.</summary>
    public IReadOnlyList<string> ReadAccess { get; init; } = [];

    /// <summary>The names that the key may write, delete and refresh.</summary>
    public IReadOnlyList<string> WriteAccess { get; init; } = [];

    /// <summary>The entries that the key may put into the lists of other keys.</summary>
    public IReadOnlyList<string> GrantAccess { get; init; } = [];

    /// <summary>The names that the key may use through the broker, without seeing their values.</summary>
    public IReadOnlyList<string> UseAccess { get; init; } = [];

    /// <summary>The greatest number of calls through the broker in a minute; <see langword="null"/> for any.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>The greatest number of tokens that calls through the broker use in a day (UTC); <see langword="null"/> for any.</summary>
    public long? TokensPerDay { get; init; }

    /// <summary>The time from which the key no longer works; <see langword="null"/> for none.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The networks from which the key may be used; empty for every address.</summary>
    public IReadOnlyList<string> AllowedCidrs { get; init; } = [];
}
