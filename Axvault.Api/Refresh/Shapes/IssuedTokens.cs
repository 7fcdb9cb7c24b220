namespace Axvault.Api.Refresh.Shapes;

/// <summary>What a provider issued (RFC 6749 §5.1). Each is optional: what is absent stays as it was. A class, so that no record's ToString prints a token.</summary>
internal sealed class IssuedTokens
{
    public string? AccessToken { get; init; }

    public string? RefreshToken { get; init; }

    public string? IdToken { get; init; }

    /// <summary>How long the access token lives.</summary>
    public TimeSpan? ExpiresIn { get; init; }

    /// <summary>How long the refresh token lives, where the provider says so.</summary>
    public TimeSpan? RefreshTokenExpiresIn { get; init; }
}
