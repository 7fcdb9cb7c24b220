using System.Net.WebSockets;
using System.Text;
using Axvault.Tests.Harness.Agents;
using Axvault.Tests.Harness.Servers;
using Microsoft.AspNetCore.Http;

namespace Axvault.Tests.Broker;

/// <summary>The official SDKs of Anthropic and OpenAI, with a key of the vault.</summary>
[Trait("Category", "Long")]
public sealed class BrokerSdkServerTests(BrokerFixture broker) : IClassFixture<BrokerFixture>
{
    private const string Message = """
        {"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[{"type":"text","text":"Hello."}],
        "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":2,"output_tokens":3}}
        """;

    private const string Tool = """
        {"id":"msg_1","type":"message","role":"assistant","model":"claude-x","stop_reason":"tool_use","stop_sequence":null,
        "content":[{"type":"tool_use","id":"tool_1","name":"weather","input":{"city":"Bern"}}],"usage":{"input_tokens":2,"output_tokens":3}}
        """;

    private const string MessageEvents = """
        event: message_start
        data: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"claude-x","content":[],
        data: "stop_reason":null,"usage":{"input_tokens":2,"output_tokens":1}}}

        event: content_block_start
        data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

        event: ping
        data: {"type":"ping"}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello."}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":0}

        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":3}}

        event: message_stop
        data: {"type":"message_stop"}


        """;

    private const string Response = """
        {"id":"resp_1","object":"response","created_at":1,"model":"gpt-x","status":"completed","usage":{"input_tokens":2,"output_tokens":3},
        "output":[{"type":"message","id":"m","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Hello.","annotations":[]}]}]}
        """;

    private const string ResponseEvents = """
        event: response.output_text.delta
        data: {"type":"response.output_text.delta","item_id":"m","output_index":0,"content_index":0,"delta":"Hello.","sequence_number":0}

        event: response.completed
        data: {"type":"response.completed","sequence_number":1,"response":{"model":"gpt-x","usage":{"input_tokens":2,"output_tokens":3}}}


        """;

    private const string Chat = """
        {"id":"c","object":"chat.completion","created":1,"model":"gpt-x","usage":{"prompt_tokens":2,"completion_tokens":3},
        "choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"Hello."}}]}
        """;

    [Theory(Explicit = true)]
    [InlineData("anthropic message", "anthropic", "application/json", Message, "Hello.")]
    [InlineData("anthropic stream", "anthropic", "text/event-stream", MessageEvents, "Hello.")]
    [InlineData("anthropic tool", "anthropic", "application/json", Tool, "weather Bern")]
    [InlineData("openai response", "openai", "application/json", Response, "Hello.")]
    [InlineData("openai stream", "openai", "text/event-stream", ResponseEvents, "Hello.")]
    [InlineData("openai chat", "openai", "application/json", Chat, "Hello.")]
    public async Task A_call_is_answered_and_metered(string call, string provider, string type, string body, string result)
    {
        var (name, key) = await PrepareAsync(provider);
        broker.Upstream.Answers(name, context => AnswerAsync(context, StatusCodes.Status200OK, type, body));

        Assert.Equal(result, await RunAsync(call, name, key.Secret));

        Assert.Contains("tokens 2 in, 3 out", await broker.EndOfAsync(name), StringComparison.Ordinal);
        Assert.DoesNotContain(broker.Upstream.CallsWith(name), arrived => arrived.Has(key.Secret));
    }

    [Theory(Explicit = true)]
    [InlineData("anthropic message", "anthropic", Message, 529)]
    [InlineData("anthropic tokens", "anthropic", """{"input_tokens":7}""", 500)]
    [InlineData("openai response", "openai", Response, 429)]
    public async Task A_call_is_repeated_when_the_provider_is_busy(string call, string provider, string body, int status)
    {
        var (name, key) = await PrepareAsync(provider);
        var isFirst = true;
        broker.Upstream.Answers(
            name,
            context =>
            {
                (isFirst, var isBusy) = (false, isFirst);
                context.Response.Headers.RetryAfter = isBusy ? "0" : default;
                return isBusy
                    ? AnswerAsync(context, status, "application/json", """{"type":"error","error":{"type":"overloaded_error","message":"Busy."}}""")
                    : AnswerAsync(context, StatusCodes.Status200OK, "application/json", body);
            }
        );

        Assert.Equal(call == "anthropic tokens" ? "7" : "Hello.", await RunAsync(call, name, key.Secret));
        Assert.Equal(2, broker.Upstream.CallsWith(name).Count);
    }

    [Theory(Explicit = true)]
    [InlineData("anthropic message", "400 invalid_request_error", "may not use")]
    [InlineData("openai response", "400 invalid_request_error", "may not use")]
    public async Task A_refusal_is_told_once_in_the_words_of_the_provider(string call, string start, string words)
    {
        var (name, _) = await PrepareAsync("anthropic");
        var key = await broker.UserKeyAsync(["another"]);

        var result = await RunAsync(call, name, key.Secret);

        Assert.StartsWith(start, result, StringComparison.Ordinal);
        Assert.Contains(words, result, StringComparison.Ordinal);
        var refused = (await broker.Admin.GetAsync($"audit?credential={name}&action=broker.call")).Json.GetProperty("entries");
        Assert.Equal(1, refused.GetArrayLength());
    }

    [Fact(Explicit = true)]
    public async Task The_websocket_of_the_sdk_passes()
    {
        var (name, key) = await PrepareAsync("openai");
        broker.Upstream.Answers(
            name,
            static async context =>
            {
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                await socket.ReceiveAsync(new byte[4096], context.RequestAborted);
                foreach (var line in ResponseEvents.Split('\n').Where(static line => line.StartsWith("data: ", StringComparison.Ordinal)))
                {
                    await socket.SendAsync(Encoding.UTF8.GetBytes(line[6..]), WebSocketMessageType.Text, true, context.RequestAborted);
                }

                // The SDK closes.
                await socket.ReceiveAsync(new byte[4096], context.RequestAborted);
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
            }
        );

        Assert.Equal("Hello.", await RunAsync("openai websocket", name, key.Secret));
        Assert.Contains("tokens 2 in, 3 out", await broker.EndOfAsync(name), StringComparison.Ordinal);
    }

    private static Task AnswerAsync(HttpContext context, int status, string type, string body)
    {
        (context.Response.StatusCode, context.Response.ContentType) = (status, type);
        return context.Response.WriteAsync(body);
    }

    private async Task<(string Name, CreatedKey Key)> PrepareAsync(string provider)
    {
        var name = await broker.PutAsync(provider, "api-key", """{"apiKey":"the-provider-key"}""");
        return (name, await broker.UserKeyAsync([name]));
    }

    private async Task<string> RunAsync(string call, string name, string secret)
    {
        using var user = new ClientProgram
        {
            Variables = new Dictionary<string, string>
            {
                ["BASE_URL"] = new Uri(broker.Server.Address, $"broker/{name}").AbsoluteUri,
                ["KEY"] = secret,
                ["MARK"] = name,
                ["NODE_PATH"] = await AgentPrograms.FindModulesAsync(),
            },
        };
        var run = await user.RunOtherAsync("node", AgentPrograms.Sdk, call);
        Assert.True(run.ExitCode == 0, run.Errors);
        return run.Output.TrimEnd('\n');
    }
}
