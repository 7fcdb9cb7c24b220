using System.Globalization;
using System.Net;
using System.Text;
using Axvault.Tests.Harness.Servers;
using Microsoft.AspNetCore.Http;

namespace Axvault.Tests.Broker;

/// <summary>Streams and websockets through the broker, their use of tokens, and their end.</summary>
public sealed class BrokerStreamServerTests(BrokerFixture broker) : IClassFixture<BrokerFixture>
{
    [Fact]
    public async Task Each_event_arrives_before_the_next_one_is_sent()
    {
        var (name, client) = await PrepareAsync("anthropic");
        using var gate = new SemaphoreSlim(0);
        broker.Upstream.Answers(
            name,
            async context =>
            {
                context.Response.ContentType = "text/event-stream";
                for (var i = 0; i < 3; i++)
                {
                    await context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"event: ping\ndata: {{\"type\":\"ping\",\"n\":{i}}}\n\n"));
                    await context.Response.Body.FlushAsync();
                    await gate.WaitAsync(context.RequestAborted);
                }
            }
        );
        using var stream = await OpenAsync(client, name, "/v1/messages");
        using var reader = new StreamReader(stream);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("event: ping", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
            Assert.Contains(
                string.Create(CultureInfo.InvariantCulture, $"\"n\":{i}"),
                await reader.ReadLineAsync(TestContext.Current.CancellationToken),
                StringComparison.Ordinal
            );
            Assert.Equal("", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
            gate.Release();
        }

        Assert.Null(await reader.ReadLineAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task The_use_of_tokens_is_read_from_every_form_of_answer(string provider, string path, string type, string body, string words)
    {
        var (name, client) = await PrepareAsync(provider);
        broker.Upstream.Answers(
            name,
            async context =>
            {
                context.Response.ContentType = type;
                // In pieces that split tokens, names and lines.
                foreach (var piece in Encoding.UTF8.GetBytes(body).Chunk(7))
                {
                    await context.Response.Body.WriteAsync(piece);
                    await context.Response.Body.FlushAsync();
                }
            }
        );
        using var answer = await BrokerFixture.PostAsync(client, name, path);

        Assert.Equal(body, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Contains(words, await broker.EndOfAsync(name), StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string, string, string> Streams =>
        new()
        {
            {
                "anthropic",
                "/v1/messages",
                "text/event-stream; charset=utf-8",
                """
                event: message_start
                data: {"type":"message_start","message":{"model":"claude-x","usage":{"input_tokens":12,"cache_read_input_tokens":4,"output_tokens":1}}}

                : a comment

                event: content_block_delta
                data: {"type":"content_block_delta","delta":{"text":"usage: {\"output_tokens\": 999}"}}

                event: message_delta
                data: {"type":"message_delta","delta":{},"usage":{"output_tokens":42}}

                event: message_stop
                data: {"type":"message_stop"}


                """,
                "model claude-x, tokens 12 in, 42 out, 4 cache read, 0 cache write"
            },
            {
                "openai",
                "/v1/responses",
                "text/event-stream",
                "data: {\"type\":\"response.created\",\"response\":{\"model\":\"gpt-x\",\"usage\":null}}\r\n\r\n"
                    + "data: {\"type\":\"response.completed\",\"response\":{\"model\":\"gpt-x\",\"usage\":{\"input_tokens\":20,"
                    + "\"input_tokens_details\":{\"cached_tokens\":8},\"output_tokens\":9,\"total_tokens\":29}}}\r\n\r\n",
                "model gpt-x, tokens 12 in, 9 out, 8 cache read, 0 cache write"
            },
            {
                "openai",
                "/v1/chat/completions",
                "text/event-stream",
                "data: {\"model\":\"gpt-y\",\"choices\":[]}\n\n"
                    + "data: {\"model\":\"gpt-y\",\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":6}}\n\n"
                    + "data: [DONE]\n\n",
                "model gpt-y, tokens 5 in, 6 out, 0 cache read, 0 cache write"
            },
            {
                "openai",
                "/v1/chat/completions",
                "application/json",
                """{"choices":[{"usage":{"prompt_tokens":900}}],"model":"gpt-z","usage":{"prompt_tokens":5,"completion_tokens":6}}""",
                "model gpt-z, tokens 5 in, 6 out, 0 cache read, 0 cache write"
            },
            {
                "google",
                "/v1beta/models/m:streamGenerateContent?alt=sse",
                "text/event-stream",
                "data: {\"usageMetadata\":{\"promptTokenCount\":10,\"candidatesTokenCount\":1},\"modelVersion\":\"gem-1\"}\n\n"
                    + "data: {\"usageMetadata\":{\"promptTokenCount\":10,\"candidatesTokenCount\":5,\"thoughtsTokenCount\":3,\"cachedContentTokenCount\":4},"
                    + "\"modelVersion\":\"gem-1\"}\n\n",
                "model gem-1, tokens 6 in, 8 out, 4 cache read, 0 cache write"
            },
            {
                "google",
                "/v1beta/models/m:streamGenerateContent",
                "application/json",
                """
                [{"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1},"modelVersion":"gem-2"},
                {"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2}}]
                """,
                "model gem-2, tokens 3 in, 2 out, 0 cache read, 0 cache write"
            },
        };

    [Fact]
    public async Task A_stream_that_the_upstream_cuts_is_no_success()
    {
        var (name, client) = await PrepareAsync("anthropic");
        using var gate = new SemaphoreSlim(0);
        broker.Upstream.Answers(
            name,
            async context =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync("data: {\"message\":{\"model\":\"m\",\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n");
                await context.Response.Body.FlushAsync();
                await gate.WaitAsync(context.RequestAborted);
                context.Abort();
            }
        );
        using var stream = await OpenAsync(client, name, "/v1/messages");
        gate.Release();
        await Assert.ThrowsAnyAsync<IOException>(async () => await ReadToEndAsync(stream));

        // The numbers that came until then count.
        var end = await broker.EndOfAsync(name);
        Assert.Contains("the answer of the upstream broke off, model m, tokens 3 in, 1 out", end, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("key")]
    [InlineData("narrow")]
    [InlineData("credential")]
    public async Task A_running_stream_ends_with_its_right(string what)
    {
        var (name, client, key) = await PrepareWithKeyAsync("anthropic");
        broker.Upstream.Answers(name, EndlessAsync);
        using var stream = await OpenAsync(client, name, "/v1/messages");
        var ended = Assert.ThrowsAnyAsync<IOException>(async () => await ReadToEndAsync(stream));
        _ = what switch
        {
            "key" => (await broker.Admin.DeleteAsync($"keys/{key.Id}")).Is(HttpStatusCode.NoContent),
            "narrow" => (await broker.Admin.PatchAsync($"keys/{key.Id}", """{"useAccess":["another"]}""")).Is(HttpStatusCode.OK),
            _ => (await broker.Admin.DeleteAsync($"credentials/{name}")).Is(HttpStatusCode.NoContent),
        };

        await ended;
        Assert.Contains(
            what switch
            {
                "key" => "the API key is gone",
                "narrow" => "the API key may no longer use the credential",
                _ => "the credential was deleted",
            },
            await broker.EndOfAsync(name),
            StringComparison.Ordinal
        );
    }

    private static async Task EndlessAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        while (true)
        {
            await context.Response.WriteAsync("data: {}\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(50, context.RequestAborted);
        }
    }

    private static async Task ReadToEndAsync(Stream stream)
    {
        using var reader = new StreamReader(stream);
        await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    private async Task<(string Name, HttpClient Client)> PrepareAsync(string provider)
    {
        var (name, client, _) = await PrepareWithKeyAsync(provider);
        return (name, client);
    }

    private async Task<(string Name, HttpClient Client, CreatedKey Key)> PrepareWithKeyAsync(string provider)
    {
        var name = await broker.PutAsync(provider, "api-key", """{"apiKey":"the-token"}""");
        var key = await broker.UserKeyAsync([name]);
        return (name, broker.Client(key.Secret), key);
    }

    private static async Task<Stream> OpenAsync(HttpClient client, string name, string path)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"broker/{name}{path}") { Content = BrokerFixture.Json($$"""{"mark":"{{name}}"}""") };
        var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
    }
}
