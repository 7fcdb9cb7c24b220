using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Axvault.Tests.Harness.Agents;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using Microsoft.AspNetCore.Http;

namespace Axvault.Tests.Broker;

/// <summary>Calls to an upstream that speaks HTTP/2.</summary>
public sealed class BrokerHttp2UpstreamServerTests(VaultGraph graph)
{
    [Fact]
    public async Task A_websocket_to_an_upstream_with_HTTP_2_is_metered()
    {
        await using var lab = await Lab.StartAsync(graph);
        lab.Upstream.Answers(
            "mark",
            static async context =>
            {
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                var usage = """{"response":{"model":"gpt-w","usage":{"input_tokens":2,"output_tokens":3}}}""";
                await socket.SendAsync(Encoding.UTF8.GetBytes(usage), WebSocketMessageType.Text, true, context.RequestAborted);
                await socket.ReceiveAsync(new byte[100], context.RequestAborted);
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
            }
        );
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {lab.Key}");
        socket.Options.SetRequestHeader("X-Mark", "mark");
        await socket.ConnectAsync(
            new UriBuilder(lab.Server.Address) { Scheme = "ws", Path = "/broker/own/v1/responses" }.Uri,
            TestContext.Current.CancellationToken
        );
        Assert.True((await socket.ReceiveAsync(new byte[100], TestContext.Current.CancellationToken)).EndOfMessage);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);

        Assert.Contains("model gpt-w, tokens 2 in, 3 out", (await lab.EndAsync()).GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429, "", "denied")]
    [InlineData(429, "{}", "denied")]
    [InlineData(413, "", "failure")]
    public async Task An_answer_before_the_end_of_the_body_is_the_answer(int status, string body, string outcome)
    {
        await using var lab = await Lab.StartAsync(graph);
        lab.Upstream.AnswersUnread(
            "mark",
            context =>
            {
                context.Response.StatusCode = status;
                return context.Response.WriteAsync(body);
            }
        );
        using var raw = await RawHttp.ConnectAsync(lab.Server.Address);
        await raw.SendAsync(
            $"POST /broker/own/v1/responses HTTP/1.1\r\nHost: a\r\nx-api-key: {lab.Key}\r\nX-Mark: mark\r\nContent-Length: 30000000\r\n\r\n"
        );
        var head = raw.ReadHeadAsync();
        for (var i = 0; i < 300 && await raw.TrySendAsync(new byte[100_000]); i++) { }

        Assert.StartsWith($"HTTP/1.1 {status} ", await head, StringComparison.Ordinal);
        var end = await lab.EndAsync();
        Assert.Matches($"^{status}, {body.Length} bytes, [0-9]+ ms$", end.GetProperty("reason").GetString());
        Assert.Equal(outcome, end.GetProperty("outcome").GetString());
    }

    private sealed class Lab(ProxyAuthority authority, UpstreamDouble upstream, TestDatabase database, TestFolder folder, VaultServer server) : IAsyncDisposable
    {
        private readonly VaultClient _admin = server.Client(server.BootstrapSecret);

        public UpstreamDouble Upstream => upstream;

        public VaultServer Server => server;

        public string Key { get; private set; } = "";

        public static async Task<Lab> StartAsync(VaultGraph graph)
        {
            var authority = new ProxyAuthority();
            var upstream = await UpstreamDouble.StartAsync(authority.Issue("localhost"));
            var database = await graph.CreateDatabaseAsync();
            var folder = new TestFolder();
            var variables = BrokerFixture.Variables(upstream.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal));
            variables["SSL_CERT_FILE"] = Path.Combine(folder.Path, "root.pem");
            await File.WriteAllTextAsync(variables["SSL_CERT_FILE"], authority.RootPem, TestContext.Current.CancellationToken);
            var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { Variables = variables });
            var lab = new Lab(authority, upstream, database, folder, server);
            const string Credential = """{"type":"api-key","provider":"openai","data":{"apiKey":"the-token"}}""";
            (await lab._admin.PutAsync("credentials/own", Credential)).Is(HttpStatusCode.Created);
            var key = (await lab._admin.PostAsync("keys", """{"name":"an agent","useAccess":["own"]}""")).Is(HttpStatusCode.Created);
            lab.Key = key.Json.GetProperty("secret").GetString()!;
            return lab;
        }

        public async Task<JsonElement> EndAsync()
        {
            List<JsonElement> entries = [];
            await Until.HoldsAsync(
                async () =>
                {
                    entries = [.. (await _admin.GetAsync("audit?credential=own&action=broker.end")).Json.GetProperty("entries").EnumerateArray()];
                    return entries.Count == 1;
                },
                "the end of the call is recorded"
            );
            return entries[0];
        }

        public async ValueTask DisposeAsync()
        {
            _admin.Dispose();
            await server.DisposeAsync();
            await upstream.DisposeAsync();
            await database.DisposeAsync();
            folder.Dispose();
            authority.Dispose();
        }
    }
}
