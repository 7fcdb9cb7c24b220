namespace Axvault.Client;

/// <summary>A replaced or deleted version of a credential, without its data.</summary>
/// <example><code>var last = (await vault.Credentials.ListVersionsAsync("claude.prod"))[0];</code></example>
public sealed class CredentialVersion
{
    /// <summary>The id. It stays the same.</summary>
    public required string Version { get; init; }

    /// <summary>The type, one of <see cref="CredentialTypes"/>.</summary>
    public string? Type { get; init; }

    /// <summary>The agent; <see langword="null"/> when none is named.</summary>
    public string? Agent { get; init; }

    /// <summary>The provider; <see langword="null"/> when none is named.</summary>
    public string? Provider { get; init; }

    /// <summary>The time at which the access token expires; <see langword="null"/> when it is not known.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The time at which it became current.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time at which it was replaced or deleted.</summary>
    public required DateTimeOffset ReplacedAt { get; init; }

    /// <summary>The refreshes of the version; <see langword="null"/> before the first.</summary>
    public RefreshState? Refresh { get; init; }
}
