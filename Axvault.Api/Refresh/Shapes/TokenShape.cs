namespace Axvault.Api.Refresh.Shapes;

/// <summary>In which members of a credential's data an agent keeps its tokens.</summary>
/// <param name="Name">The shape's name, for the log.</param>
/// <param name="Container">The member that holds the token members; <see langword="null"/> when the root does.</param>
/// <param name="AccessToken">The member with the access token.</param>
/// <param name="RefreshToken">The member with the refresh token.</param>
/// <param name="Expiries">The members that may say when the access token expires; the first that does counts, and each that is there is kept true.</param>
/// <param name="Provider">Who issues tokens of this shape, where the shape alone tells.</param>
internal sealed record TokenShape(string Name, string? Container, string AccessToken, string RefreshToken, ExpiryField[] Expiries, string? Provider)
{
    /// <summary>The member with the ID token.</summary>
    public string IdToken { get; init; } = "id_token";

    /// <summary>Whether an ID token that the provider sends is added where there was none.</summary>
    public bool AddsIdToken { get; init; }

    /// <summary>The member with the expiry of the refresh token, in milliseconds since the Unix epoch, where an agent keeps one.</summary>
    public ExpiryField? RefreshTokenExpiry { get; init; }

    /// <summary>The member of the root that says when the tokens were last refreshed (RFC 3339), where an agent keeps one.</summary>
    public string? LastRefresh { get; init; }
}
