namespace Axvault.Api.Refresh.Shapes;

/// <summary>The members of a credential's data in which an agent keeps its tokens.</summary>
/// <param name="Name">The shape's name, for the log.</param>
/// <param name="Container">The member that holds the token members; <see langword="null"/> when the root does.</param>
/// <param name="AccessToken">The member with the access token.</param>
/// <param name="RefreshToken">The member with the refresh token.</param>
/// <param name="Expiries">
/// The members in which the agent keeps the expiry of the access token. Those of <see cref="TokenShapes.CommonExpiries"/> follow. The first one with a time is
/// read, and every one present is updated.
/// </param>
/// <param name="Provider">The provider of tokens of this shape when the owner names none; <see langword="null"/> when the shape does not say.</param>
internal sealed record TokenShape(string Name, string? Container, string AccessToken, string RefreshToken, ExpiryField[] Expiries, string? Provider)
{
    /// <summary>
    /// The providers known without configuration that issue tokens of this shape, in the normal form of their names; <see langword="null"/> for any.
    /// </summary>
    public string[]? Issuers { get; init; }

    /// <summary><see langword="true"/> when no configured provider issues tokens of this shape either; otherwise <see langword="false"/>.</summary>
    public bool IsOwn { get; init; }

    /// <summary><see langword="true"/> when an expiry of 0 means that the access token does not expire; otherwise <see langword="false"/>.</summary>
    public bool ZeroNeverExpires { get; init; }

    /// <summary>The member with the ID token.</summary>
    public string IdToken { get; init; } = "id_token";

    /// <summary><see langword="true"/> when a new ID token is added where there was none; otherwise <see langword="false"/>.</summary>
    public bool AddsIdToken { get; init; }

    /// <summary>The member with the expiry of the refresh token, in milliseconds since the Unix epoch.</summary>
    public ExpiryField? RefreshTokenExpiry { get; init; }

    /// <summary>The member of the root with the time of the last refresh (RFC 3339).</summary>
    public string? LastRefresh { get; init; }
}
