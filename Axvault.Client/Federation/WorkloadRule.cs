namespace Axvault.Client;

/// <summary>A rule that gives API keys to workloads, as its author writes it.</summary>
/// <example>
/// <code>
/// await vault.Rules.PutAsync("github-main", new()
/// {
///     Issuer = "github",
///     Audience = "https://vault.example.com",
///     Subject = "repo:acme/app:ref:refs/heads/main",
///     ReadAccess = ["claude.ci"],
/// });
/// </code>
/// </example>
public record WorkloadRuleSettings
{
    /// <summary>The name of the issuer.</summary>
    public required string Issuer { get; init; }

    /// <summary>The audience that a token must have, exactly.</summary>
    public required string Audience { get; init; }

    /// <summary>The subject: exact, or with one <c>*</c> at the end, after <c>:</c> or <c>/</c>.</summary>
    public string? Subject { get; init; }

    /// <summary>Further claims that a token must have, each with its accepted values.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Claims { get; init; }

    /// <summary>The accepted events of GitHub; <see langword="null"/> for all but those of pull requests.</summary>
    public IReadOnlyList<string>? Events { get; init; }

    /// <summary>The names that the keys may read.</summary>
    public IReadOnlyList<string> ReadAccess { get => field ?? []; init; }

    /// <summary>The names that the keys may write, delete and refresh.</summary>
    public IReadOnlyList<string> WriteAccess { get => field ?? []; init; }

    /// <summary>The entries that the keys may put into the lists of other keys.</summary>
    public IReadOnlyList<string> GrantAccess { get => field ?? []; init; }

    /// <summary>The names that the keys may use through the broker, without seeing their values.</summary>
    public IReadOnlyList<string> UseAccess { get => field ?? []; init; }

    /// <summary>The greatest number of calls through the broker in a minute, of all keys together; <see langword="null"/> for any.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>The greatest number of tokens in a day (UTC), of all keys together; <see langword="null"/> for any.</summary>
    public long? TokensPerDay { get; init; }

    /// <summary>The lifetime of a key, in seconds: 60 to 86400; <see langword="null"/> for 3600.</summary>
    public int? TtlSeconds { get; init; }

    /// <summary>The number of keys that the rule may have at a time; <see langword="null"/> for 1000.</summary>
    public int? MaxKeys { get; init; }

    /// <summary>The networks of the workloads; <see langword="null"/> for every address.</summary>
    public IReadOnlyList<string>? AllowedCidrs { get; init; }
}

/// <summary>A rule that gives API keys to workloads.</summary>
/// <example><code>foreach (var warning in (await vault.Rules.ReadAsync("github-main")).Warnings) { … }</code></example>
public sealed record WorkloadRule : WorkloadRuleSettings
{
    /// <summary>The name, by which a workload asks for it.</summary>
    public required string Name { get; init; }

    /// <summary>The time at which the rule was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time of its last change.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The risks of the rule, as sentences for its author.</summary>
    public IReadOnlyList<string> Warnings { get => field ?? []; init; }
}

/// <summary>The test of a rule with a token.</summary>
/// <param name="Matches"><see langword="true"/> when the token meets every condition; otherwise <see langword="false"/>.</param>
/// <param name="Checks">The conditions.</param>
/// <example><code>var test = await vault.Rules.TestAsync("github-main", token);</code></example>
public sealed record WorkloadRuleTest(bool Matches, IReadOnlyList<WorkloadRuleCheck> Checks);

/// <summary>A condition of a rule, and what the token says.</summary>
/// <param name="Name">The condition, such as <c>subject</c>.</param>
/// <param name="Holds"><see langword="true"/> when the token meets it; otherwise <see langword="false"/>.</param>
/// <param name="Reason">The reason why it does not hold.</param>
/// <param name="Expected">The value that the rule expects.</param>
/// <param name="Found">The value of the token.</param>
/// <example><code>test.Checks.Where(check => !check.Holds)</code></example>
public sealed record WorkloadRuleCheck(string Name, bool Holds, string? Reason, string? Expected, string? Found);
