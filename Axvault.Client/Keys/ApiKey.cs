using System.Text.Json.Serialization;

namespace Axvault.Client;

/// <summary>An API key, without its secret.</summary>
/// <example><code>foreach (var key in await vault.Keys.ListAsync()) Console.WriteLine($"{key.Id} {key.Name}");</code></example>
public class ApiKey
{
    /// <summary>The id. It is not a secret.</summary>
    public required string Id { get; init; }

    /// <summary>A name for people.</summary>
    public required string Name { get; init; }

    /// <summary>The names that the key may read: names, prefixes that end in <c>*</c>, or <c>*</c>.</summary>
    public required IReadOnlyList<string> ReadAccess { get; init; }

    /// <summary>The names that the key may write, delete and refresh.</summary>
    public required IReadOnlyList<string> WriteAccess { get; init; }

    /// <summary>The entries that the key may put into the lists of other keys. <c>*</c> makes it an administrator.</summary>
    public required IReadOnlyList<string> GrantAccess { get; init; }

    /// <summary>The names that the key may use through the broker, without seeing their values.</summary>
    public IReadOnlyList<string> UseAccess { get => field ?? []; init; }

    /// <summary>The greatest number of calls through the broker in a minute; <see langword="null"/> for any.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>The greatest number of tokens that calls through the broker use in a day (UTC); <see langword="null"/> for any.</summary>
    public long? TokensPerDay { get; init; }

    /// <summary>The time from which the key no longer works; <see langword="null"/> when it has no expiry.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The networks from which the key may be used; empty when every address is allowed.</summary>
    public IReadOnlyList<string> AllowedCidrs { get => field ?? []; init; }

    /// <summary>The time at which the key was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time of its last change.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The time of its last use, to the minute; <see langword="null"/> before the first.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>The time until which the previous secret works; <see langword="null"/> when it does not.</summary>
    public DateTimeOffset? PreviousSecretExpiresAt { get; init; }

    /// <summary>The rule that issued the key to a workload; <see langword="null"/> for other keys.</summary>
    public string? Rule { get; init; }

    /// <summary>The subject of the workload's token; <see langword="null"/> for other keys.</summary>
    public string? Subject { get; init; }

    /// <summary>The version of the server; only in the answer of <see cref="KeysClient.ReadSelfAsync"/>.</summary>
    public string? ServerVersion { get; init; }
}

/// <summary>An API key with its new secret, which is not shown again.</summary>
/// <example><code>var secret = (await vault.Keys.CreateAsync(new("CI") { ReadAccess = ["claude.*"] })).RevealSecret();</code></example>
public sealed class CreatedApiKey : ApiKey
{
    [JsonInclude]
    internal string Secret { get; init; } = "";

    /// <summary>Returns the secret.</summary>
    /// <returns>The secret: <c>axv_sk_…</c>.</returns>
    /// <example><code>await File.WriteAllTextAsync(path, created.RevealSecret());</code></example>
    public string RevealSecret() => Secret;

    /// <inheritdoc />
    public override string ToString() => $"{Id} (secret hidden)";
}
