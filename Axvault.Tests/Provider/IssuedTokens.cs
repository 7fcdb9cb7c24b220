using System.Text.Json;
using Axvault.Tests.Leaks;

namespace Axvault.Tests.Provider;

/// <summary>What the provider granted. It does not show its tokens when it is printed.</summary>
public sealed class IssuedTokens
{
    private IssuedTokens(string accessToken, string refreshToken, TimeSpan expiresIn)
    {
        (AccessToken, RefreshToken, ExpiresIn) = (accessToken, refreshToken, expiresIn);
        LeakWatch.Secrets.Add(accessToken, SecretKind.ProviderToken);
        LeakWatch.Secrets.Add(refreshToken, SecretKind.ProviderToken);
    }

    /// <summary>A JWT, whose <c>exp</c> can be read.</summary>
    public string AccessToken { get; }

    /// <summary>Opaque, and good for one use.</summary>
    public string RefreshToken { get; }

    /// <summary>How long the access token lives, as the provider says.</summary>
    public TimeSpan ExpiresIn { get; }

    /// <summary>Reads a successful answer of a token endpoint (RFC 6749 §5.1).</summary>
    public static IssuedTokens Parse(JsonElement answer) => new(
        answer.GetProperty("access_token").GetString()!,
        answer.GetProperty("refresh_token").GetString()!,
        TimeSpan.FromSeconds(answer.GetProperty("expires_in").GetInt32()));

    /// <inheritdoc />
    public override string ToString() => $"tokens for {ExpiresIn}";
}
