using System.Text;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Refresh.Shapes;

namespace Axvault.Tests.Refresh.Grants;

/// <summary>Calls of the token client to a stub, and assertions on the requests.</summary>
internal static class TokenClientCalls
{
    public const string Token = "1//0r+/=&?%\"\\ é";
    public const string Granted = """{"access_token":"a","refresh_token":"r","expires_in":3600}""";

    public static readonly TimeSpan Long = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan Short = TimeSpan.FromMilliseconds(400);

    public static void AssertSentOnce(ProviderStub stub) => Assert.Equal((1, 1), (stub.Requests.Count, stub.Connections));

    public static OAuthProvider ProviderAt(Uri url) =>
        new()
        {
            Name = "corp",
            TokenUrl = url,
            ClientId = "app_1/é",
        };

    public static Uri Https(Uri url) => new UriBuilder(url) { Scheme = "https" }.Uri;

    public static async Task<GrantResult> SendAsync(OAuthProvider provider, TimeSpan? timeout = null, TimeProvider? time = null)
    {
        using var client = new TokenClient(time ?? TimeProvider.System);
        return await client.RequestAsync(provider, TokenGrant.Of(new RefreshToken(Token)), timeout ?? Long);
    }

    public static (string[] Header, string Body) Split(string request)
    {
        var end = request.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (request[..end].Split("\r\n"), Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(request[(end + 4)..])));
    }
}
