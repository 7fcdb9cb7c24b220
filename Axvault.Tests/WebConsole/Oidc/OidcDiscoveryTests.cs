using Axvault.Api.Federation;
using Axvault.Api.Federation.KeySets;
using Axvault.Api.WebConsole.Oidc;
using Axvault.Tests.Harness.Provider;
using Microsoft.Extensions.Time.Testing;

namespace Axvault.Tests.WebConsole.Oidc;

/// <summary>The addresses of the provider are read seldom, and again after a failure.</summary>
public sealed class OidcDiscoveryTests
{
    private const string Path = "/.well-known/openid-configuration";

    [Fact]
    public async Task A_failure_is_remembered_for_5_seconds_and_addresses_for_5_minutes()
    {
        await using var upstream = await UpstreamDouble.StartAsync();
        upstream.Answers(Path, "[]");
        var options = new OidcOptions
        {
            Issuer = upstream.Url,
            Name = "provider",
            ClientId = "console",
            ClientSecret = null,
            Rule = "console",
            Scope = "openid",
        };
        var time = new FakeTimeProvider();
        using var http = new IssuerHttp(new FederationOptions { PrivateHosts = new HashSet<string> { "127.0.0.1" }, Authorities = [] });
        var provider = new Api.WebConsole.Oidc.OidcProvider(http, time);

        await FailsAsync(1);
        time.Advance(TimeSpan.FromSeconds(4));
        await FailsAsync(1);
        time.Advance(TimeSpan.FromSeconds(1));
        await FailsAsync(2);

        var (authorize, token) = ($"{upstream.Url}/authorize", $"{upstream.Url}/token");
        upstream.Answers(Path, $$"""{"issuer":"{{upstream.Url}}","authorization_endpoint":"{{authorize}}","token_endpoint":"{{token}}"}""");
        time.Advance(TimeSpan.FromSeconds(5));
        await SucceedsAsync(3);
        time.Advance(TimeSpan.FromSeconds(299));
        await SucceedsAsync(3);
        time.Advance(TimeSpan.FromSeconds(1));
        await SucceedsAsync(4);

        async Task FailsAsync(int reads)
        {
            await Assert.ThrowsAsync<KeySetException>(() => provider.DiscoverAsync(options));
            Assert.Equal(reads, upstream.CallsWith(Path).Count);
        }

        async Task SucceedsAsync(int reads)
        {
            Assert.Equal(token, (await provider.DiscoverAsync(options)).Token.AbsoluteUri);
            Assert.Equal(reads, upstream.CallsWith(Path).Count);
        }
    }
}
