namespace Axvault.Client;

/// <summary>A credential, without its data.</summary>
/// <example><code>await foreach (var credential in vault.Credentials.ListAsync()) Console.WriteLine(credential.Name);</code></example>
public class Credential
{
    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>The type, one of <see cref="CredentialTypes"/>; <see langword="null"/> when the key may not read the credential.</summary>
    public string? Type { get; init; }

    /// <summary>The agent that uses it, such as <c>claude</c>; <see langword="null"/> when none is named.</summary>
    public string? Agent { get; init; }

    /// <summary>The provider that issued it; <see langword="null"/> when none is named.</summary>
    public string? Provider { get; init; }

    /// <summary>A name for people; <see langword="null"/> when there is none.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Free text; <see langword="null"/> when there is none.</summary>
    public string? Notes { get; init; }

    /// <summary>The time at which the access token expires; <see langword="null"/> when it is not known, or the token does not expire.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>
    /// The expiry of the access token, as the owner or else the data says. <see langword="null"/> when it is not known. Only lists have it.
    /// </summary>
    public DateTimeOffset? TokenExpiresAt { get; init; }

    /// <summary>
    /// In a list: <see langword="true"/> when the vault renews the access token by itself, and <see langword="false"/> when the credential ends at its expiry;
    /// <see langword="null"/> in other answers.
    /// </summary>
    public bool? Renewed { get; init; }

    /// <summary>The time of the first put.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time of the last put or refresh.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The refreshes since the last put; <see langword="null"/> before the first.</summary>
    public RefreshState? Refresh { get; init; }

    /// <summary>The outcome of an ordered refresh; <see langword="null"/> in other answers.</summary>
    public string? Outcome { get; init; }

    /// <summary>The time of the deletion; <see langword="null"/> for a credential that is not deleted.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>The time from which a deleted credential is removed for good; <see langword="null"/> for one that is not deleted.</summary>
    public DateTimeOffset? PurgeAt { get; init; }

    /// <summary>The expiry of the access token, as well as the answer tells it.</summary>
    internal DateTimeOffset? KnownExpiry => TokenExpiresAt ?? ExpiresAt;

    /// <summary><see langword="true"/> when the vault renews the access token, as well as the answer tells it; otherwise <see langword="false"/>.</summary>
    internal bool IsRenewed => Renewed ?? Type == CredentialTypes.OAuthCredentials;
}
