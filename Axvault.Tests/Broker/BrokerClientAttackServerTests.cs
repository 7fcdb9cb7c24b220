using System.Net.WebSockets;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Broker;

/// <summary>Headers, parameters and carriers of a hostile client.</summary>
public sealed class BrokerClientAttackServerTests(BrokerFixture broker) : IClassFixture<BrokerFixture>
{
    private const string ForeignToken = "sk-ant-api03-token-of-the-agent-itself";

    [Theory]
    [InlineData("Forwarded: for=1.2.3.4")]
    [InlineData("X-Forwarded-For: 1.2.3.4")]
    [InlineData("X-Forwarded-Host: a")]
    [InlineData("x_forwarded_for: 1.2.3.4")]
    [InlineData("X-Forwarded: a")]
    [InlineData("X-Real-IP: 1.2.3.4")]
    [InlineData("Via: 1.1 a")]
    [InlineData("Origin: https://a.example.com")]
    [InlineData("Referer: https://a.example.com")]
    [InlineData("Cookie: a=b")]
    [InlineData("Cookie2: a=b")]
    [InlineData("Proxy-Authorization: Basic a")]
    [InlineData("Proxy-Connection: keep-alive")]
    [InlineData("Proxy-Other: a")]
    [InlineData("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
    [InlineData("tracestate: a=b")]
    [InlineData("baggage: a=b")]
    [InlineData("api-key: sk-other")]
    [InlineData("x_api_key: sk-other")]
    [InlineData("X-Goog_Api-Key: sk-other")]
    [InlineData("chatgpt-account-id: other")]
    [InlineData("X-HTTP-Method-Override: DELETE")]
    [InlineData("X-HTTP-Method: DELETE")]
    [InlineData("X-Method-Override: DELETE")]
    [InlineData("X-Original-URL: /v1/organizations")]
    [InlineData("X-Rewrite-URL: /v1/organizations")]
    [InlineData("CF-Connecting-IP: 1.2.3.4")]
    [InlineData("True-Client-IP: 1.2.3.4")]
    [InlineData("Keep-Alive: timeout=5")]
    [InlineData("TE: trailers, deflate")]
    [InlineData("Expect: 100-continue")]
    [InlineData("Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: close, Upgrade, HTTP2-Settings")]
    public async Task A_header_that_may_not_pass_does_not_arrive(string header)
    {
        var (name, key) = await broker.PrepareAsync("anthropic");
        var answer = await broker.SendAsync(key, $"POST /broker/{name}/v1/messages HTTP/1.1", $"{header}\r\nX-Kept: kept");

        Assert.StartsWith("HTTP/1.1 200 ", answer.Replace("HTTP/1.1 100 Continue\r\n\r\n", "", StringComparison.Ordinal), StringComparison.Ordinal);
        var call = Assert.Single(broker.Upstream.CallsWith(name));
        foreach (var line in header.Split("\r\n").Where(static line => !line.StartsWith("Connection", StringComparison.Ordinal)))
        {
            Assert.False(call.Headers.ContainsKey(line.Split(':')[0]), line);
        }

        Assert.Equal(("kept", "the-token"), (call.Headers["X-Kept"], call.Headers["x-api-key"]));
        Assert.DoesNotContain(call.Headers, sent => sent.Value.Contains(key, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("X-Hop")]
    [InlineData("x-hop")]
    [InlineData("X.Hop!~, X-Hop")]
    [InlineData("X-Hop, Authorization")]
    [InlineData("X-Hop, x-api-key")]
    [InlineData("X-Hop, Content-Length")]
    [InlineData("X-Hop, Content-Type")]
    [InlineData("X-Hop, Host")]
    [InlineData("X-Hop, Transfer-Encoding")]
    [InlineData("X-Hop, Connection")]
    [InlineData("X-Hop, Accept-Encoding")]
    [InlineData("X-Hop, Expires, Allow, Last-Modified, ETag, a b, \"")]
    public async Task A_header_that_connection_names_does_not_arrive_and_the_credential_does(string connection)
    {
        // Kestrel forgets the names beside close, keep-alive and upgrade.
        var (name, key) = await broker.PrepareAsync("anthropic");
        using var raw = await RawHttp.ConnectAsync(broker.Server.Address);
        await raw.SendAsync(
            $"POST /broker/{name}/v1/messages HTTP/1.1\r\nHost: a\r\nConnection: {connection}\r\nX-Hop: 1\r\nX.Hop!~: 1\r\nAllow: GET\r\nExpires: 0\r\n"
                + $"Authorization: Bearer {key}\r\nX-Mark: {name}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
        );

        Assert.StartsWith("HTTP/1.1 200 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        var call = Assert.Single(broker.Upstream.CallsWith(name));
        Assert.Equal(("{}", "the-token", "identity"), (call.Body, call.Headers["x-api-key"], call.Headers["Accept-Encoding"]));
        var hop = connection.Split(", ").Where(static named => named.Contains("Hop", StringComparison.OrdinalIgnoreCase));
        Assert.All(hop, named => Assert.False(call.Headers.ContainsKey(named)));
    }

    [Theory]
    [InlineData("?beta=true&key=KEY", "?beta=true")]
    [InlineData("?key=KEY&beta=true", "?beta=true")]
    [InlineData("?key=KEY", "")]
    [InlineData("?a=1&key=KEY&b=2", "?a=1&b=2")]
    [InlineData("?KEY=KEY&a=1", "?a=1")]
    [InlineData("?ke%79=KEY&a=1", "?a=1")]
    [InlineData("?%6b%65%79=KEY", "")]
    [InlineData("?key=KEY&key=KEY&a=1", "?a=1")]
    [InlineData("?a=%2f%2F+b&b=&c&=d&&e=?#f&key=KEY", "?a=%2f%2F+b&b=&c&=d&&e=?#f")]
    [InlineData("?monkey=1&key_=2&a=key&key=KEY", "?monkey=1&key_=2&a=key")]
    [InlineData("?access_token=other&oauth_token=other&a=1&key=KEY", "?a=1")]
    [InlineData("?%61ccess_token=other&key=KEY", "")]
    public async Task Carriers_in_the_query_are_removed_and_the_rest_stays_as_it_is(string query, string sent)
    {
        var (name, key) = await broker.PrepareAsync("google");
        // The parameter's name stays as it is written in the theory.
        var target = query.Replace("=KEY", $"={key}", StringComparison.Ordinal);
        var answer = await broker.SendAsync(null, $"POST /broker/{name}/v1beta/models/{name}:generateContent{target} HTTP/1.1");

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Equal($"/v1beta/models/{name}:generateContent{sent}", Assert.Single(broker.Upstream.CallsWith(name)).Target);
    }

    [Theory]
    [InlineData("x-api-key: " + ForeignToken)]
    [InlineData("x-goog-api-key: " + ForeignToken)]
    [InlineData("Authorization: Bearer " + ForeignToken)]
    [InlineData("x-api-key: ")]
    [InlineData("x-api-key: KEY, KEY")]
    [InlineData("x-api-key: KEY\r\nx-api-key: KEY")]
    [InlineData("x-api-key: OTHER")]
    [InlineData("?key=OTHER")]
    [InlineData("?key")]
    [InlineData("?Key=" + ForeignToken)]
    [InlineData("?k%65y=" + ForeignToken)]
    public async Task A_second_carrier_that_differs_is_refused(string carrier)
    {
        var (name, key) = await broker.PrepareAsync("anthropic");
        var other = (await broker.UserKeyAsync([name])).Secret;
        carrier = carrier.Replace("KEY", key, StringComparison.Ordinal).Replace("OTHER", other, StringComparison.Ordinal);
        var isQuery = carrier[0] == '?';
        var answer = await broker.SendAsync(key, $"POST /broker/{name}/v1/messages{(isQuery ? carrier : "")} HTTP/1.1", isQuery ? null : carrier);

        Assert.StartsWith("HTTP/1.1 401 ", answer, StringComparison.Ordinal);
        Assert.Contains("x-should-retry: false", answer, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(broker.Upstream.CallsWith(name));
        Assert.DoesNotContain(ForeignToken, broker.Server.Transcript(), StringComparison.Ordinal);
        Assert.DoesNotContain(ForeignToken, (await broker.Admin.GetAsync("audit?limit=1000")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("realtime, openai-insecure-api-key.sk-proj-token-of-the-agent, v1", "realtime, v1")]
    [InlineData("openai-insecure-api-key.sk-proj-token-of-the-agent", null)]
    [InlineData("eyJhbGciOiJub25lIn0.e30.token-of-the-agent, v1", "v1")]
    [InlineData("bearer.token-of-the-agent, v1", "v1")]
    public async Task Tokens_and_extensions_of_a_websocket_do_not_arrive(string protocols, string? sent)
    {
        var (name, key) = await broker.PrepareAsync("openai");
        broker.Upstream.Answers(
            name,
            static async context =>
            {
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
            }
        );
        using var raw = await RawHttp.ConnectAsync(broker.Server.Address);
        await raw.SendAsync(
            $"GET /broker/{name}/v1/responses HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\nX-Mark: {name}\r\nConnection: Upgrade\r\n"
                + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                + $"Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: {protocols}\r\n\r\n"
        );
        Assert.StartsWith("HTTP/1.1 101 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);

        var call = Assert.Single(broker.Upstream.CallsWith(name));
        Assert.Equal(sent, call.Headers.GetValueOrDefault("Sec-WebSocket-Protocol"));
        Assert.False(call.Headers.ContainsKey("Sec-WebSocket-Extensions"));
    }
}
