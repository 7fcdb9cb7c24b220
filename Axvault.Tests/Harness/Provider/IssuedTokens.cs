using System.Text.Json;
using Axvault.Tests.Harness.Leaks;

namespace Axvault.Tests.Harness.Provider;

/// <summary>The tokens of one grant. Its text does not show them.</summary>
public sealed class IssuedTokens
{
    private IssuedTokens(string accessToken, string refreshToken, TimeSpan expiresIn)
    {
        (AccessToken, RefreshToken, ExpiresIn) = (accessToken, refreshToken, expiresIn);
        LeakWatch.Secrets.Add(accessToken, SecretKind.ProviderToken);
        LeakWatch.Secrets.Add(refreshToken, SecretKind.ProviderToken);
    }

    /// <summary>The access token: a JWT whose <c>exp</c> can be read.</summary>
    public string AccessToken { get; }

    /// <summary>The refresh token: opaque, and valid for one use.</summary>
    public string RefreshToken { get; }

    /// <summary>The lifetime of the access token, as the provider says.</summary>
    public TimeSpan ExpiresIn { get; }

    /// <summary>Reads a successful answer of a token endpoint (RFC 6749 §5.1).</summary>
    public static IssuedTokens Parse(JsonElement answer) =>
        new(
            answer.GetProperty("access_token").GetString()!,
            answer.GetProperty("refresh_token").GetString()!,
            TimeSpan.FromSeconds(answer.GetProperty("expires_in").GetInt32())
        );

    /// <inheritdoc />
    public override string ToString() => $"tokens for {ExpiresIn}";
}
