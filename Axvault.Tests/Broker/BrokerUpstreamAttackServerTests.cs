using System.Globalization;
using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Broker;

/// <summary>Upstreams that break off, hang, or answer no HTTP.</summary>
public sealed class BrokerUpstreamAttackServerTests(RawUpstream upstream) : IClassFixture<RawUpstream>
{
    private const string Head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

    [Theory]
    [InlineData("")]
    [InlineData("HT")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: appl")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("HTTP/9.9 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 99 Low\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n")]
    [InlineData("\0\u0001\u0002\u00ff\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 ")]
    public async Task No_answer_is_502_in_the_envelope_of_the_provider(string bytes)
    {
        var (name, key) = await upstream.PrepareAsync();
        upstream.Answers(name, call => call.SendAsync(bytes));

        await Is502Async(name, key);
    }

    [Fact]
    public async Task A_reset_before_the_head_is_502()
    {
        var (name, key) = await upstream.PrepareAsync();
        upstream.Answers(
            name,
            static call =>
            {
                call.Reset();
                return Task.CompletedTask;
            }
        );

        await Is502Async(name, key);
        // A call that may have been carried out is not sent twice.
        Assert.Single(upstream.Requests, request => request.Contains(name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_endless_header_is_502()
    {
        var (name, key) = await upstream.PrepareAsync();
        upstream.Answers(
            name,
            static async call =>
            {
                await call.SendAsync("HTTP/1.1 200 OK\r\n");
                for (var i = 0; i < 100_000; i++)
                {
                    await call.SendAsync(string.Create(CultureInfo.InvariantCulture, $"X-{i}: {new string('x', 1000)}\r\n"));
                }
            }
        );

        await Is502Async(name, key);
    }

    [Theory]
    [InlineData("Content-Length: 100\r\n\r\n{\"a\":1", false)]
    [InlineData("Content-Length: 100\r\n\r\n{\"a\":1", true)]
    [InlineData("Content-Length: 100\r\n\r\n", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n7\r\n{\"a\":1}\r\n", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n7\r\n{\"a\":1}\r\n", true)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n7\r\n{\"a\"", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n7\r\n{\"a\":1}\r\nzz\r\n", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n7\r\n{\"a\":1}\r\n0\r\n", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", false)]
    public async Task A_body_that_breaks_off_is_no_success(string rest, bool isReset)
    {
        var (name, key) = await upstream.PrepareAsync();
        upstream.Answers(
            name,
            async call =>
            {
                await call.SendAsync(Head + rest);
                if (isReset)
                {
                    call.Reset();
                }
            }
        );
        using var client = Client(key);
        var error = await Record.ExceptionAsync(async () =>
        {
            using var answer = await PostAsync(client, name);
            await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        });

        Assert.True(error is null or HttpRequestException or IOException, $"{error}");
        Assert.Contains("broke off", await EndOfAsync(name), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_leaves_ends_the_call_of_a_hanging_upstream()
    {
        var (name, key) = await upstream.PrepareAsync();
        var arrived = new TaskCompletionSource();
        var closed = new TaskCompletionSource();
        upstream.Answers(
            name,
            async call =>
            {
                arrived.SetResult();
                await call.WaitForCloseAsync();
                closed.SetResult();
            }
        );
        using (var raw = await RawHttp.ConnectAsync(upstream.Server.Address))
        {
            await raw.SendAsync($"POST /broker/{name}/v1/messages HTTP/1.1\r\nHost: a\r\nx-api-key: {key}\r\nContent-Length: {name.Length}\r\n\r\n{name}");
            await arrived.Task.WaitAsync(Until.Limit, TestContext.Current.CancellationToken);
        }

        await closed.Task.WaitAsync(Until.Limit, TestContext.Current.CancellationToken);
        Assert.Contains("the client left", await EndOfAsync(name), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_leaves_in_its_body_ends_the_call()
    {
        var (name, key) = await upstream.PrepareAsync();
        using (var raw = await RawHttp.ConnectAsync(upstream.Server.Address))
        {
            await raw.SendAsync($"POST /broker/{name}/v1/messages HTTP/1.1\r\nHost: a\r\nx-api-key: {key}\r\nContent-Length: 1000\r\n\r\n{name}");
            await Until.HoldsAsync(async () => (await EntriesAsync(name, "broker.call")).Count == 1, "the call is in the audit log");
        }

        Assert.Matches("the client left|broke off", await EndOfAsync(name));
    }

    [Fact]
    public async Task A_call_after_the_upstream_closed_its_idle_connection_is_answered()
    {
        var (name, key) = await upstream.PrepareAsync();
        var closed = 0;
        upstream.Answers(
            name,
            async call =>
            {
                await call.SendAsync($"{Head}Content-Length: 2\r\n\r\n{{}}");
                Interlocked.Increment(ref closed);
            }
        );
        using var client = Client(key);
        for (var i = 1; i <= 10; i++)
        {
            using var answer = await PostAsync(client, name);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            await Until.HoldsAsync(() => closed == i, "the upstream has closed its connection");
        }

        Assert.Equal(10, upstream.Requests.Count(request => request.Contains(name, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_drip_of_events_arrives_byte_by_byte()
    {
        var (name, key) = await upstream.PrepareAsync();
        using var gate = new SemaphoreSlim(0);
        const string Events = "data: {\"type\":\"ping\"}\n\n";
        upstream.Answers(
            name,
            async call =>
            {
                await call.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
                foreach (var letter in Events)
                {
                    await call.SendAsync($"1\r\n{letter}\r\n");
                    await gate.WaitAsync(call.Stopping);
                }

                await call.SendAsync("0\r\n\r\n");
            }
        );
        using var client = Client(key);
        using var answer = await PostAsync(client, name, HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var buffer = new byte[100];
        foreach (var letter in Events)
        {
            Assert.Equal(1, await stream.ReadAsync(buffer, TestContext.Current.CancellationToken));
            Assert.Equal(letter, (char)buffer[0]);
            gate.Release();
        }

        Assert.Equal(0, await stream.ReadAsync(buffer, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("""{"model":"\ud800","usage":{"output_tokens":1}}""")]
    [InlineData("""{"mode\udfff":1,"usage":{"output_tokens":1}}""")]
    [InlineData("""{"usage":{"output_tokens":9223372036854775807,"completion_tokens":9223372036854775807}}""")]
    [InlineData("{\"a\":\"\u0000\u00ff")]
    public async Task An_odd_answer_passes_whole_and_spoils_no_later_count(string body)
    {
        var (name, key) = await upstream.PrepareAsync();
        upstream.Answers(name, call => call.SendAsync($"{Head}Content-Length: {body.Length.ToString(CultureInfo.InvariantCulture)}\r\n\r\n{body}"));
        using var client = Client(key);
        for (var i = 1; i <= 3; i++)
        {
            using var answer = await PostAsync(client, name);
            Assert.Equal(body, System.Text.Encoding.Latin1.GetString(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)));
            await Until.HoldsAsync(
                async () =>
                    (await upstream.Admin.GetAsync("usage?by=credential")).Is(HttpStatusCode.OK).Json.GetProperty("usage").EnumerateArray()
                        .Any(sum => sum.GetProperty("name").GetString() == name && sum.GetProperty("calls").GetInt64() == i),
                "the call is counted in the database"
            );
        }
    }

    private async Task Is502Async(string name, string key)
    {
        using var client = Client(key);
        using var answer = await PostAsync(client, name);
        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.StartsWith(
            """{"type":"error","error":{"type":"api_error","message":""",
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
        Assert.StartsWith("502, ", await EndOfAsync(name), StringComparison.Ordinal);
    }

    private HttpClient Client(string key)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = upstream.Server.Address };
        client.DefaultRequestHeaders.Add("x-api-key", key);
        return client;
    }

    private static Task<HttpResponseMessage> PostAsync(
        HttpClient client,
        string name,
        HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead
    ) =>
        client.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, $"broker/{name}/v1/messages") { Content = BrokerFixture.Json($"\"{name}\"") },
            completion,
            TestContext.Current.CancellationToken
        );

    private async Task<string> EndOfAsync(string name)
    {
        await Until.HoldsAsync(async () => (await EntriesAsync(name, "broker.end")).Count == 1, "the end of the call is recorded");
        return (await EntriesAsync(name, "broker.end"))[0].GetProperty("reason").GetString()!;
    }

    private async Task<List<JsonElement>> EntriesAsync(string name, string action) =>
        [.. (await upstream.Admin.GetAsync($"audit?credential={name}&action={action}")).Json.GetProperty("entries").EnumerateArray()];
}
