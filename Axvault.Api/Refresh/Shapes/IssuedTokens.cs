namespace Axvault.Api.Refresh.Shapes;

/// <summary>The tokens that a provider issued (RFC 6749 §5.1), each optional. A class, because the ToString of a record would print a token.</summary>
internal sealed class IssuedTokens
{
    public string? AccessToken { get; init; }

    public string? RefreshToken { get; init; }

    public string? IdToken { get; init; }

    /// <summary><see langword="true"/> when the answer has a refresh token in a form that could not be read; otherwise <see langword="false"/>.</summary>
    public bool HasUnreadToken { get; init; }

    /// <summary>The lifetime of the access token.</summary>
    public TimeSpan? ExpiresIn { get; init; }

    /// <summary>The expiry of the access token, if the provider says a point in time.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The lifetime of the refresh token, if the provider says one.</summary>
    public TimeSpan? RefreshTokenExpiresIn { get; init; }
}
