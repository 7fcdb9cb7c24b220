using System.Net;
using System.Net.WebSockets;
using System.Text;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Broker;

/// <summary>Websockets through the broker.</summary>
public sealed class BrokerWebSocketServerTests(BrokerFixture broker) : IClassFixture<BrokerFixture>
{
    [Fact]
    public async Task A_websocket_passes_both_ways_and_is_metered()
    {
        var (name, key) = await PrepareAsync("openai");
        broker.Upstream.Answers(
            name,
            static async context =>
            {
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                var buffer = new byte[65536];
                while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } received)
                {
                    await socket.SendAsync(buffer.AsMemory(0, received.Count), WebSocketMessageType.Text, received.EndOfMessage, context.RequestAborted);
                }

                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
            }
        );
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {key.Secret}");
        socket.Options.SetRequestHeader("X-Mark", name);
        var address = new UriBuilder(broker.Server.Address) { Scheme = "ws", Path = $"/broker/{name}/v1/responses" }.Uri;
        await socket.ConnectAsync(address, TestContext.Current.CancellationToken);
        for (var i = 0; i < 2; i++)
        {
            var usage = """{"model":"gpt-w","usage":{"input_tokens":2,"output_tokens":3}}""";
            var message = Encoding.UTF8.GetBytes($$"""{"type":"response.completed","pad":"{{new string('x', 70_000)}}","response":{{usage}} }""");
            await socket.SendAsync(message, WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
            Assert.Equal(message.Length, await ReceiveAsync(socket));
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);

        Assert.Contains("model gpt-w, tokens 4 in, 6 out", await broker.EndOfAsync(name), StringComparison.Ordinal);
        Assert.Equal("Bearer the-token", Assert.Single(broker.Upstream.CallsWith(name)).Headers["Authorization"]);
    }

    [Fact]
    public async Task A_websocket_where_none_is_forwarded_gets_426()
    {
        var (name, key) = await PrepareAsync("anthropic");
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {key.Secret}");
        socket.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<WebSocketException>(() =>
            socket.ConnectAsync(
                new UriBuilder(broker.Server.Address) { Scheme = "ws", Path = $"/broker/{name}/v1/responses" }.Uri,
                TestContext.Current.CancellationToken
            )
        );

        Assert.Equal(HttpStatusCode.UpgradeRequired, socket.HttpStatusCode);
        Assert.Contains("websocket", socket.HttpResponseHeaders!["Upgrade"]);
    }

    private static async Task<int> ReceiveAsync(ClientWebSocket socket)
    {
        var (buffer, length) = (new byte[16 * 1024], 0);
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
            length += received.Count;
            if (received.EndOfMessage)
            {
                return length;
            }
        }
    }

    private async Task<(string Name, CreatedKey Key)> PrepareAsync(string provider)
    {
        var name = await broker.PutAsync(provider, "api-key", """{"apiKey":"the-token"}""");
        return (name, await broker.UserKeyAsync([name]));
    }
}
