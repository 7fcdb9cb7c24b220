using System.Buffers.Text;
using System.Text;
using Axvault.Api.Refresh.Shapes;
using Axvault.Api.Stored;

namespace Axvault.Tests.Refresh.Shapes;

/// <summary>Helpers that make the data and tokens of credentials.</summary>
internal static class Data
{
    /// <summary>The time at which tokens are issued: not a whole second.</summary>
    public static readonly DateTimeOffset IssuedAt = new(2026, 3, 1, 12, 0, 0, 250, TimeSpan.Zero);

    public static CredentialData Of(string json) => CredentialData.FromStored(Encoding.UTF8.GetBytes(json));

    public static string Text(CredentialData data) => Encoding.UTF8.GetString(data.Reveal());

    public static CredentialTokens? Find(string json, string? provider = null) => CredentialTokens.Find(Of(json), provider);

    public static CredentialTokens Tokens(string json, string? provider = null)
    {
        var tokens = Find(json, provider);
        Assert.NotNull(tokens);
        return tokens;
    }

    /// <summary>Writes <paramref name="issued"/> over the tokens of <paramref name="json"/>, with no stored expiry or lifetime to go by.</summary>
    public static RefreshedTokens Apply(string json, IssuedTokens issued, string? provider = null)
    {
        var tokens = Tokens(json, provider);
        return tokens.Apply(issued, IssuedAt, tokens.ExpiresAt(IssuedAt), tokens.Lifetime());
    }

    /// <summary>Returns an unsigned JWT with <paramref name="payload"/>.</summary>
    public static string Jwt(string payload) => Jwt(Encoding.UTF8.GetBytes(payload));

    public static string Jwt(byte[] payload) => $"{Base64Url.EncodeToString("""{"alg":"none"}"""u8)}.{Base64Url.EncodeToString(payload)}.c2ln";
}
