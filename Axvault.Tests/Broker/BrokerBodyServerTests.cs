using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Axvault.Tests.Harness.Servers;
using Microsoft.AspNetCore.Http;

namespace Axvault.Tests.Broker;

/// <summary>Bodies of clients: at and over the limit, slow, chunked, and broken off.</summary>
public sealed class BrokerBodyServerTests(BrokerFixture broker) : IClassFixture<BrokerFixture>
{
    private const int Limit = 32 * 1024 * 1024;

    [Theory]
    [InlineData(false, Limit)]
    // The listener counts the lengths of chunks, too.
    [InlineData(true, Limit - 65536)]
    public async Task A_body_of_32_MiB_passes_whole(bool isChunked, int length)
    {
        var (name, key) = await PrepareAsync("api-key");
        var body = RandomNumberGenerator.GetBytes(length);
        using var client = broker.Client(key);
        using var answer = await SendAsync(client, name, body, isChunked);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        // The double keeps bodies as Latin-1.
        Assert.Equal(SHA256.HashData(body), SHA256.HashData(Encoding.Latin1.GetBytes(Assert.Single(broker.Upstream.CallsWith(name)).Body)));
    }

    [Theory]
    [InlineData("api-key", false, Limit + 1)]
    [InlineData("api-key", true, Limit + 1)]
    [InlineData("oauth-credentials", false, Limit + 1)]
    [InlineData("oauth-credentials", true, Limit + 1)]
    public async Task A_greater_body_is_413_in_the_envelope_of_the_provider(string type, bool isChunked, int length)
    {
        var (name, key) = await PrepareAsync(type);
        using var client = broker.Client(key);
        using var answer = await SendAsync(client, name, new byte[length], isChunked);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Contains(
            type == "api-key" ? "\"type\":\"request_too_large\"" : "\"error\":{\"message\":",
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
        Assert.Equal("false", answer.Headers.GetValues("x-should-retry").Single());
    }

    [Theory]
    [InlineData("api-key", "Content-Length: 8\r\n\r\n", "{0}")]
    // Without a length it is not kept for a second try.
    [InlineData("oauth-credentials", "Transfer-Encoding: chunked\r\n\r\n", "1\r\n{0}\r\n")]
    public async Task A_slow_drip_of_a_body_arrives_whole(string type, string framing, string piece)
    {
        var (name, key) = await PrepareAsync(type);
        using var raw = await RawHttp.ConnectAsync(broker.Server.Address);
        await raw.SendAsync(
            $"POST /broker/{name}{Path(type)} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\nX-Mark: {name}\r\n"
                + $"Connection: close\r\n{framing}"
        );
        // Longer than the grace of the server's minimum rate, which is 5 s.
        for (var i = 0; i < 8; i++)
        {
            await raw.SendAsync(string.Format(CultureInfo.InvariantCulture, piece, i));
            await Task.Delay(900, TestContext.Current.CancellationToken);
        }

        if (framing.StartsWith("Transfer", StringComparison.Ordinal))
        {
            await raw.SendAsync("0\r\n\r\n");
        }

        Assert.StartsWith("HTTP/1.1 200 ", await raw.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal("01234567", Assert.Single(broker.Upstream.CallsWith(name)).Body);
    }

    [Fact]
    public async Task A_body_that_is_kept_for_a_second_try_may_not_drip()
    {
        var (name, key) = await PrepareAsync("oauth-credentials");
        using var raw = await RawHttp.ConnectAsync(broker.Server.Address);
        await raw.SendAsync(
            $"POST /broker/{name}/v1/responses HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\nX-Mark: {name}\r\nContent-Length: 1000000\r\n\r\n"
        );
        var answer = raw.ReadToEndAsync();
        await Until.HoldsAsync(async () => !await raw.TrySendAsync("x"u8.ToArray()) || answer.IsCompleted, "the server has ended the call");

        Assert.StartsWith("HTTP/1.1 400 ", await answer, StringComparison.Ordinal);
        Assert.Contains("the body of the client was too slow", await broker.EndOfAsync(name), StringComparison.Ordinal);
        Assert.Empty(broker.Upstream.CallsWith(name));
    }

    [Theory]
    [InlineData("api-key", "Content-Length: 100\r\n\r\nhalf")]
    [InlineData("api-key", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")]
    [InlineData("api-key", "Transfer-Encoding: chunked\r\n\r\nzz\r\nhalf\r\n")]
    [InlineData("oauth-credentials", "Content-Length: 100\r\n\r\nhalf")]
    [InlineData("oauth-credentials", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")]
    public async Task A_body_that_breaks_off_ends_the_call_with_an_entry(string type, string rest)
    {
        var (name, key) = await PrepareAsync(type);
        using (var raw = await RawHttp.ConnectAsync(broker.Server.Address))
        {
            await raw.SendAsync($"POST /broker/{name}{Path(type)} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\nX-Mark: {name}\r\n{rest}");
            await Until.HoldsAsync(async () => (await EntriesAsync(name, "broker.call")).Count == 1, "the call is in the audit log");
        }

        await Until.HoldsAsync(async () => (await EntriesAsync(name, "broker.end")).Count == 1, "the end of the call is recorded");
        Assert.Equal("failure", (await EntriesAsync(name, "broker.end"))[0].GetProperty("outcome").GetString());
        Assert.Empty(broker.Upstream.CallsWith(name));
    }

    [Fact]
    public async Task A_client_that_leaves_in_a_stream_ends_the_call_at_the_upstream()
    {
        var (name, key) = await PrepareAsync("api-key");
        var aborted = new TaskCompletionSource();
        broker.Upstream.Answers(
            name,
            async context =>
            {
                context.RequestAborted.Register(aborted.SetResult);
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync("data: {\"message\":{\"model\":\"m\",\"usage\":{\"input_tokens\":3}}}\n\n");
                await context.Response.Body.FlushAsync();
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }
        );
        using (var raw = await RawHttp.ConnectAsync(broker.Server.Address))
        {
            await raw.SendAsync($"POST /broker/{name}/v1/messages HTTP/1.1\r\nHost: a\r\nx-api-key: {key}\r\nContent-Length: {name.Length}\r\n\r\n{name}");
            Assert.StartsWith("HTTP/1.1 200 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        }

        await aborted.Task.WaitAsync(Until.Limit, TestContext.Current.CancellationToken);
        await Until.HoldsAsync(async () => (await EntriesAsync(name, "broker.end")).Count == 1, "the end of the call is recorded");
        var reason = (await EntriesAsync(name, "broker.end"))[0].GetProperty("reason").GetString()!;
        Assert.Contains("the client left, model m, tokens 3 in", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endless_headers_are_431()
    {
        var (name, key) = await PrepareAsync("api-key");
        using var raw = await RawHttp.ConnectAsync(broker.Server.Address);
        await raw.SendAsync($"POST /broker/{name}/v1/messages HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\nX-Mark: {name}\r\n");
        var line = Encoding.ASCII.GetBytes($"X-Header: {new string('x', 1000)}\r\n");
        for (var i = 0; i < 1000 && await raw.TrySendAsync(line); i++) { }

        Assert.Contains("HTTP/1.1 431 ", await raw.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Empty(broker.Upstream.CallsWith(name));
    }

    [Fact]
    public async Task A_long_path_or_query_is_refused()
    {
        var (name, key) = await PrepareAsync("api-key");
        using var client = broker.Client(key);
        using var answer = await client.GetAsync($"broker/{name}/v1/models/{name}?a={new string('x', 5000)}", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Empty(broker.Upstream.CallsWith(name));
    }

    private static string Path(string type) => type == "api-key" ? "/v1/messages" : "/v1/responses";

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string name, byte[] body, bool isChunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"broker/{name}{(name[0] == 'c' ? "/v1/messages" : "/v1/responses")}")
        {
            Content = new ByteArrayContent(body),
        };
        request.Headers.TransferEncodingChunked = isChunked;
        request.Headers.Add("X-Mark", name);
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private async Task<(string Name, string Key)> PrepareAsync(string type)
    {
        var name = type == "api-key"
            ? await broker.PutAsync("anthropic", type, """{"apiKey":"the-token"}""")
            : await broker.PutAsync(
                "openai",
                type,
                $$"""
                {"auth_mode":"chatgpt",
                 "tokens":{"id_token":"i","access_token":"codex-access","refresh_token":"r-{{Guid.NewGuid():N}}","account_id":"acc-1"} }
                """,
                $"o{Guid.NewGuid():N}"
            );
        return (name, (await broker.UserKeyAsync([name])).Secret);
    }

    private async Task<List<JsonElement>> EntriesAsync(string name, string action) =>
        [.. (await broker.Admin.GetAsync($"audit?credential={name}&action={action}")).Json.GetProperty("entries").EnumerateArray()];
}
