namespace Axvault.Tests.Broker;

/// <summary>Targets, methods and framings of a hostile client.</summary>
public sealed class BrokerTargetAttackServerTests(BrokerFixture broker) : IClassFixture<BrokerFixture>
{
    [Theory]
    [InlineData("POST", "/v1/%6dessages")]
    [InlineData("POST", "/v1/messages%2f..%2forganizations")]
    [InlineData("POST", "/v1/%2e%2e/v1/messages")]
    [InlineData("POST", "/v1/../v1/messages")]
    [InlineData("POST", "/v1/./messages")]
    [InlineData("POST", "//v1/messages")]
    [InlineData("POST", "/v1//messages")]
    [InlineData("POST", "/v1/messages/")]
    [InlineData("POST", "/v1\\messages")]
    [InlineData("POST", "/v1%5cmessages")]
    [InlineData("POST", "/v1/messages%00")]
    [InlineData("POST", "/v1/messages;a=b")]
    [InlineData("POST", "/v1/messages%3fa=b")]
    [InlineData("POST", "/V1/messages")]
    [InlineData("GET", "/v1/models/..;/organizations")]
    [InlineData("GET", "/v1/models/.;/organizations")]
    [InlineData("GET", "/v1/models/..;a=b/..;c/api_keys")]
    [InlineData("GET", "/v1/models/..")]
    [InlineData("GET", "/v1/models/%2e%2e/organizations")]
    [InlineData("GET", "/v1/models/%252e%252e/organizations")]
    [InlineData("GET", "/v1/models/a%2f%2e%2e")]
    [InlineData("GET", "/v1/models/..%5corganizations")]
    [InlineData("GET", "/v1/models/..\\organizations")]
    [InlineData("GET", "/v1/organizations")]
    [InlineData("GET", "/v1/organizations/api_keys")]
    [InlineData("GET", "/v1/files")]
    [InlineData("POST", "/v1/files")]
    [InlineData("GET", "/v1/api_keys")]
    [InlineData("POST", "/v1/oauth/token")]
    [InlineData("POST", "/oauth/token")]
    [InlineData("POST", "/v1/messages/batches")]
    [InlineData("GET", "/v1/messages")]
    [InlineData("PUT", "/v1/messages")]
    [InlineData("DELETE", "/v1/models/a")]
    [InlineData("post", "/v1/messages")]
    [InlineData("OPTIONS", "/v1/messages")]
    [InlineData("TRACE", "/v1/messages")]
    [InlineData("CONNECT", "/v1/messages")]
    [InlineData("HEAD", "/v1/models")]
    [InlineData("GET", "")]
    [InlineData("GET", "/")]
    public async Task Another_target_or_method_is_refused_and_not_sent(string method, string path)
    {
        var (name, key) = await broker.PrepareAsync("anthropic");
        var answer = await broker.SendAsync(key, $"{method} /broker/{name}{path} HTTP/1.1");

        Assert.Matches("^HTTP/1.1 4[0-9][0-9] ", answer);
        Assert.DoesNotContain("HTTP/1.1 401", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("HTTP/1.1 403", answer, StringComparison.Ordinal);
        Assert.Empty(broker.Upstream.CallsWith(name));
    }

    [Theory]
    [InlineData("POST http://HOST/broker/NAME/v1/messages HTTP/1.1")]
    [InlineData("POST http://evil.example.com/broker/NAME/v1/messages HTTP/1.1")]
    [InlineData("POST /broker/other/../NAME/v1/messages HTTP/1.1")]
    [InlineData("POST /broker/NAMEx/../NAME/v1/messages HTTP/1.1")]
    [InlineData("POST /x/../broker/NAME/v1/messages HTTP/1.1")]
    [InlineData("POST //broker/NAME/v1/messages HTTP/1.1")]
    [InlineData("POST /broker//NAME/v1/messages HTTP/1.1")]
    [InlineData("POST /BROKER/NAME/v1/messages HTTP/1.1")]
    [InlineData("POST /br%6fker/NAME/v1/messages HTTP/1.1")]
    [InlineData("POST /broker%2fNAME/v1/messages HTTP/1.1")]
    [InlineData("POST /broker/%63NAME/v1/messages HTTP/1.1")]
    [InlineData("POST /broker/NAME%2fv1/messages HTTP/1.1")]
    [InlineData("POST *  HTTP/1.1")]
    public async Task Another_spelling_of_the_way_to_the_broker_is_refused(string line)
    {
        var (name, key) = await broker.PrepareAsync("anthropic");
        var answer = await broker.SendAsync(
            key,
            line.Replace("NAME", line.Contains("%63", StringComparison.Ordinal) ? name[1..] : name, StringComparison.Ordinal)
                .Replace("HOST", broker.Server.Address.Authority, StringComparison.Ordinal)
        );

        Assert.Matches("^HTTP/1.1 4[0-9][0-9] ", answer);
        Assert.Empty(broker.Upstream.CallsWith(name));
    }

    [Theory]
    [InlineData("Host: a\r\nHost: b")]
    [InlineData("Content-Length: 3")]
    [InlineData("Transfer-Encoding: chunked")]
    [InlineData("Transfer-Encoding: gzip, chunked")]
    [InlineData("Transfer-Encoding: identity")]
    [InlineData("Transfer-Encoding : chunked")]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")]
    [InlineData("Content-Length : 2")]
    [InlineData("X: a\r\n b")]
    [InlineData("X\0: a")]
    public async Task A_request_with_two_framings_is_refused(string header)
    {
        var (name, key) = await broker.PrepareAsync("anthropic");
        var answer = await broker.SendAsync(key, $"POST /broker/{name}/v1/messages HTTP/1.1", header);

        Assert.Matches("^HTTP/1.1 (400|501) ", answer);
        Assert.Empty(broker.Upstream.CallsWith(name));
    }

    [Theory]
    [InlineData("Host: evil.example.com")]
    [InlineData("Host: auth.openai.com:443")]
    [InlineData("Host: ")]
    public async Task A_foreign_host_header_changes_nothing_at_the_upstream(string host)
    {
        var (name, key) = await broker.PrepareAsync("anthropic");
        var answer = await broker.SendAsync(key, $"POST /broker/{name}/v1/messages HTTP/1.1", host: host);

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Equal(new Uri(broker.Upstream.Url).Authority, Assert.Single(broker.Upstream.CallsWith(name)).Headers["Host"]);
    }

    [Theory]
    [InlineData("openai", "oauth-token", """{"claudeAiOauth":{"accessToken":"at-of-claude"}}""")]
    [InlineData("gitea", "oauth-credentials", """{"claudeAiOauth":{"accessToken":"at-of-claude","refreshToken":"RT"}}""")]
    [InlineData("anthropic-token", "oauth-credentials", """{"claudeAiOauth":{"accessToken":"at-of-claude","refreshToken":"RT"}}""")]
    [InlineData("anthropic_token", "oauth-credentials", """{"access_token":"at-of-claude"}""")]
    public async Task A_login_under_a_wrong_provider_is_not_sent(string provider, string type, string data)
    {
        var name = await broker.PutAsync(provider, type, data.Replace("RT", $"rt-{Guid.NewGuid():N}", StringComparison.Ordinal));
        var key = (await broker.UserKeyAsync([name])).Secret;
        var path = provider switch
        {
            "openai" => "/v1/responses",
            "gitea" => "/issues",
            _ => "/v1/messages",
        };
        var answer = await broker.SendAsync(key, $"POST /broker/{name}{path} HTTP/1.1");

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Empty(broker.Upstream.CallsWith(name));
    }

    [Theory]
    [InlineData("DELETE")]
    [InlineData("POST")]
    [InlineData("PROPFIND")]
    public async Task An_upgrade_with_another_method_is_refused(string method)
    {
        var (name, key) = await broker.PrepareAsync("openai");
        var answer = await broker.SendAsync(
            key,
            $"{method} /broker/{name}/v1/responses HTTP/1.1",
            "Connection: close, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            body: null
        );

        Assert.Matches("^HTTP/1.1 4[0-9][0-9] ", answer);
        Assert.Empty(broker.Upstream.CallsWith(name));
    }
}
