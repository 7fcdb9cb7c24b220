using System.Text.Json.Serialization;

namespace Axvault.Client;

/// <summary>A change of an API key. A member that is <see langword="null"/> stays as it is.</summary>
/// <example><code>await vault.Keys.UpdateAsync(id, new() { ReadAccess = ["claude.ci"] });</code></example>
public sealed record ApiKeyChange
{
    /// <summary>The new name.</summary>
    public string? Name { get; init; }

    /// <summary>The new list of names that the key may read.</summary>
    public IReadOnlyList<string>? ReadAccess { get; init; }

    /// <summary>The new list of names that the key may write, delete and refresh.</summary>
    public IReadOnlyList<string>? WriteAccess { get; init; }

    /// <summary>The new list of entries that the key may put into the lists of other keys.</summary>
    public IReadOnlyList<string>? GrantAccess { get; init; }

    /// <summary>The new list of names that the key may use through the broker.</summary>
    public IReadOnlyList<string>? UseAccess { get; init; }

    /// <summary>The new number of calls through the broker in a minute; 0 for any.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>The new number of tokens in a day (UTC); 0 for any.</summary>
    public long? TokensPerDay { get; init; }

    /// <summary>The new expiry.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary><see langword="true"/> to remove the expiry; otherwise <see langword="false"/>.</summary>
    [JsonIgnore]
    public bool NeverExpires { get; init; }

    /// <summary>The new networks; empty for every address.</summary>
    public IReadOnlyList<string>? AllowedCidrs { get; init; }
}
