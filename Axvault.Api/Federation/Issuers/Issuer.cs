namespace Axvault.Api.Federation.Issuers;

/// <summary>An issuer of tokens that this vault trusts, with the source of its keys.</summary>
/// <param name="Name">The name in this vault.</param>
/// <param name="Identifier">The exact <c>iss</c> of its tokens.</param>
/// <param name="JwksUrl">The URL of its keys.</param>
/// <param name="Jwks">Its keys. Without a URL and without keys, the discovery document names the URL.</param>
/// <param name="Algorithms">The signature algorithms that it uses.</param>
internal sealed record Issuer(string Name, string Identifier, string? JwksUrl, string? Jwks, IReadOnlyList<string> Algorithms)
{
    /// <summary>Returns <see langword="true"/> when <paramref name="other"/> is trusted in the same way; otherwise <see langword="false"/>.</summary>
    public bool IsSame(Issuer other) =>
        (Name, Identifier, JwksUrl, Jwks) == (other.Name, other.Identifier, other.JwksUrl, other.Jwks) && Algorithms.SequenceEqual(other.Algorithms);
}

/// <summary>An issuer as stored.</summary>
/// <param name="Issuer">The issuer.</param>
/// <param name="CreatedAt">The time at which it was made.</param>
/// <param name="UpdatedAt">The time of its last change.</param>
/// <param name="WrittenBy">The transaction that wrote the row (PostgreSQL's <c>xmin</c>). It differs once the row has changed.</param>
internal sealed record StoredIssuer(Issuer Issuer, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, uint WrittenBy);
