using System.Buffers.Text;
using System.Text;
using Axvault.Api.Credentials;
using Axvault.Api.Refresh.Shapes;

namespace Axvault.Tests.Refresh.Shapes;

/// <summary>Credentials' data and tokens, as tests write them.</summary>
internal static class Data
{
    /// <summary>When tokens are issued: not at a whole second.</summary>
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

    /// <summary>Puts <paramref name="issued"/> in the places of the tokens of <paramref name="json"/>, of which nothing else is known than what it says.</summary>
    public static RefreshedTokens Apply(string json, IssuedTokens issued, string? provider = null)
    {
        var tokens = Tokens(json, provider);
        return tokens.Apply(issued, IssuedAt, tokens.ExpiresAt(IssuedAt), tokens.Lifetime());
    }

    /// <summary>A JWT with <paramref name="payload"/>; its signature is none.</summary>
    public static string Jwt(string payload) => Jwt(Encoding.UTF8.GetBytes(payload));

    public static string Jwt(byte[] payload) => $"{Base64Url.EncodeToString("""{"alg":"none"}"""u8)}.{Base64Url.EncodeToString(payload)}.c2ln";
}
