using Axvault.Api.Authorization;
using Axvault.Api.Keys;

namespace Axvault.Api.Federation.Exchange;

/// <summary>A key that is to be issued. A class, because the ToString of a record would print the hash of its secret.</summary>
internal sealed class NewIssuedKey(KeyId id, byte[] hash, AccessScope scope, IssuedBy issuedBy)
{
    /// <summary>The id of the key.</summary>
    public KeyId Id { get; } = id;

    /// <summary>The SHA-256 of its secret.</summary>
    public byte[] Hash { get; } = hash;

    /// <summary>Its rights, with its expiry.</summary>
    public AccessScope Scope { get; } = scope;

    /// <summary>The rule and the subject.</summary>
    public IssuedBy IssuedBy { get; } = issuedBy;

    /// <summary>The SHA-256 by which the token is recognized.</summary>
    public required byte[] TokenMark { get; init; }

    /// <summary>The time from which the token could not be used again.</summary>
    public required DateTimeOffset TokenExpiresAt { get; init; }
}

/// <summary>The result of issuing a key.</summary>
/// <param name="IsIssued"><see langword="true"/> when the key was issued; otherwise <see langword="false"/>.</param>
internal sealed record IssueResult(bool IsIssued)
{
    /// <summary>The key was issued.</summary>
    public static readonly IssueResult Issued = new(true);

    /// <summary>The token was used before.</summary>
    public static readonly IssueResult Replayed = new(false) { IsReplayed = true };

    /// <summary>The rule or the issuer has changed since the token was judged.</summary>
    public static readonly IssueResult Changed = new(false) { IsChanged = true };

    /// <summary><see langword="true"/> when the token was used before; otherwise <see langword="false"/>.</summary>
    public bool IsReplayed { get; private init; }

    /// <summary><see langword="true"/> when the token must be judged anew; otherwise <see langword="false"/>.</summary>
    public bool IsChanged { get; private init; }

    /// <summary>The time until the rule may have another key, when it has as many as it may have.</summary>
    public TimeSpan? Wait { get; private init; }

    /// <summary>Returns the result for a rule that has as many keys as it may have.</summary>
    public static IssueResult Full(TimeSpan wait) => new(false) { Wait = wait };
}
