namespace Axvault.Client;

/// <summary>The refreshes of a credential since its last put.</summary>
/// <example><code>if (credential.Refresh is { Status: "failed", Error: var code }) { … }</code></example>
public sealed class RefreshState
{
    /// <summary>
    /// <c>ok</c>, <c>retrying</c>, <c>unknown</c>, <c>failed</c>, <c>not_configured</c> or <c>misconfigured</c>. After <c>failed</c> a new login is needed.
    /// </summary>
    public required string Status { get; init; }

    /// <summary>The time of the last failure; <see langword="null"/> when none failed.</summary>
    public DateTimeOffset? FailedAt { get; init; }

    /// <summary>The code of the last failure, such as <c>invalid_grant</c>; <see langword="null"/> when none failed.</summary>
    public string? Error { get; init; }

    /// <summary>The number of failed refreshes since the last success.</summary>
    public int Attempts { get; init; }

    /// <summary>The time of the last successful refresh; <see langword="null"/> before the first.</summary>
    public DateTimeOffset? LastRefreshedAt { get; init; }

    /// <summary>The earliest time of the next attempt; <see langword="null"/> when none is waited for.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary><see langword="true"/> when an answer of the provider is kept that could not be read; otherwise <see langword="false"/>.</summary>
    public bool UnreadableAnswer { get; init; }
}
