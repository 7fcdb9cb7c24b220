namespace Axvault.Client;

/// <summary>A selection of credentials, and their order. A member that is <see langword="null"/> selects all.</summary>
/// <example><code>new CredentialQuery { Status = "attention", Sort = "expires" }</code></example>
public sealed record CredentialQuery
{
    /// <summary>The name of the only credential.</summary>
    public string? Name { get; init; }

    /// <summary>A text of at most 128 characters that the name, the name for people, the agent or the provider contains, in any letter case.</summary>
    public string? Text { get; init; }

    /// <summary>The type, one of <see cref="CredentialTypes"/>.</summary>
    public string? Type { get; init; }

    /// <summary>The provider.</summary>
    public string? Provider { get; init; }

    /// <summary>
    /// The status of the last refresh as stored: <c>ok</c>, <c>retrying</c>, <c>unknown</c>, <c>failed</c>, <c>misconfigured</c>; <c>attention</c> for any of
    /// the last four; or <c>none</c> for credentials that were never refreshed.
    /// </summary>
    public string? Status { get; init; }

    /// <summary>The use that the provider permits, the name of a <see cref="PermittedUse"/>: <c>automation</c>, <c>personal</c> or <c>restricted</c>.</summary>
    public string? Use { get; init; }

    /// <summary>
    /// The order: <c>name</c>, <c>expires</c>, <c>updated</c>, <c>provider</c> or <c>type</c>. Also <c>use</c>, the freest first, and <c>status</c>, the most
    /// urgent first. A <c>-</c> in front turns it around. Credentials without a value come last. <see langword="null"/> for <c>name</c>.
    /// </summary>
    public string? Sort { get; init; }

    /// <summary>
    /// <see langword="true"/> to list deleted credentials instead, by name, with <see cref="Name"/> and <see cref="Text"/> only; otherwise
    /// <see langword="false"/>.
    /// </summary>
    public bool Deleted { get; init; }
}

/// <summary>A page of credentials.</summary>
/// <param name="Credentials">The credentials.</param>
/// <param name="NextCursor">The cursor of the next page; <see langword="null"/> on the last one.</param>
/// <example><code>var page = await vault.Credentials.ListPageAsync(new() { Sort = "expires" }, limit: 50);</code></example>
public sealed record CredentialPage(IReadOnlyList<Credential> Credentials, string? NextCursor);
