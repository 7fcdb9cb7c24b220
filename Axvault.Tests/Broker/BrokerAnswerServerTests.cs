using System.IO.Compression;
using System.Net;
using System.Text;
using Axvault.Tests.Harness.Provider;
using Microsoft.AspNetCore.Http;

namespace Axvault.Tests.Broker;

/// <summary>Answers of upstreams: the parts that pass as they are, and the parts that do not.</summary>
public sealed class BrokerAnswerServerTests(BrokerFixture broker) : IClassFixture<BrokerFixture>
{
    [Theory]
    [InlineData(300)]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_is_neither_followed_nor_passed_on(int status)
    {
        var elsewhere = await UpstreamDouble.StartAsync();
        await using var disposed = elsewhere;
        var (answer, body) = await CallAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = $"{elsewhere.Url}/v1/messages";
            return context.Response.WriteAsync("gone elsewhere");
        });

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Null(answer.Headers.Location);
        Assert.DoesNotContain("elsewhere", body, StringComparison.Ordinal);
        Assert.StartsWith("""{"type":"error","error":{"type":"api_error",""", body, StringComparison.Ordinal);
        Assert.Empty(elsewhere.Calls);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(201)]
    [InlineData(400)]
    [InlineData(402)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(413)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(529)]
    public async Task Other_answers_pass_as_they_are(int status)
    {
        const string Body = "{\"type\":\"error\",\"error\":{\"type\":\"x\",\"message\":\"as  the provider   wrote it\"}}";
        string[] kept =
        [
            "request-id: req_1",
            "Retry-After: 17",
            "anthropic-version: 1",
            "anthropic-beta: a,b",
            "x-should-retry: true",
            "x-codex-turn-state: s",
            "x-models-etag: e",
            "openai-model: m",
            "ETag: \"1\"",
            "X-Own: own",
        ];
        string[] removed =
        [
            "Set-Cookie: a=b",
            "anthropic-organization-id: org",
            "openai-organization: org",
            "openai-project: p",
            "anthropic-ratelimit-tokens-remaining: 1",
            "anthropic-ratelimit-unified-status: allowed",
            "x-ratelimit-remaining-requests: 1",
            "Alt-Svc: h3=\":443\"",
            "Location: https://elsewhere.example.com",
            "Content-Location: https://elsewhere.example.com",
            "Refresh: 0; url=https://elsewhere.example.com",
            "WWW-Authenticate: Bearer",
            "Proxy-Authenticate: Basic",
            "Strict-Transport-Security: max-age=1",
            "Access-Control-Allow-Origin: *",
            "Server: other",
            "Sec-WebSocket-Extensions: permessage-deflate",
            "X-Hop: 1",
        ];
        var (answer, body) = await CallAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            context.Response.Headers.Connection = "X-Hop";
            foreach (var header in kept.Concat(removed))
            {
                context.Response.Headers.Append(header.Split(": ")[0], header.Split(": ")[1]);
            }

            return context.Response.WriteAsync(Body);
        });

        Assert.Equal((status, Body), ((int)answer.StatusCode, body));
        Assert.All(kept, header => Assert.Equal(header.Split(": ")[1], string.Join(',', answer.Headers.GetValues(header.Split(": ")[0]))));
        Assert.All(removed, header => Assert.False(Has(answer, header.Split(": ")[0]), header));
    }

    [Fact]
    public async Task A_304_and_an_empty_answer_pass()
    {
        Assert.Equal(HttpStatusCode.NotModified, (await CallAsync(static context => Status(context, 304))).Answer.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await CallAsync(static context => Status(context, 204))).Answer.StatusCode);
        var (answer, body) = await CallAsync(static context => Status(context, 404));
        Assert.Equal((HttpStatusCode.NotFound, ""), (answer.StatusCode, body));

        static Task Status(HttpContext context, int status)
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task A_compressed_answer_passes_byte_for_byte()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes("""{"usage":{"input_tokens":5}}"""), TestContext.Current.CancellationToken);
        }

        var name = await broker.PutAsync("anthropic", "api-key", """{"apiKey":"the-token"}""");
        using var client = broker.Client((await broker.UserKeyAsync([name])).Secret);
        broker.Upstream.Answers(
            name,
            async context =>
            {
                context.Response.ContentType = "application/json";
                context.Response.Headers.ContentEncoding = "gzip";
                await context.Response.Body.WriteAsync(packed.ToArray());
            }
        );
        using var answer = await client.PostAsync($"broker/{name}/v1/messages", BrokerFixture.Json($"\"{name}\""), TestContext.Current.CancellationToken);

        Assert.Equal(packed.ToArray(), await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal("gzip", answer.Content.Headers.ContentEncoding.Single());
        Assert.Equal("identity", Assert.Single(broker.Upstream.CallsWith(name)).Headers["Accept-Encoding"]);
    }

    [Fact]
    public async Task A_refused_api_key_is_a_final_400_of_the_provider()
    {
        var calls = 0;
        var (answer, body) = await CallAsync(context =>
        {
            Interlocked.Increment(ref calls);
            context.Response.StatusCode = 401;
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return context.Response.WriteAsync("log in, please");
        });

        Assert.Equal((HttpStatusCode.BadRequest, 1), (answer.StatusCode, calls));
        Assert.Equal("false", answer.Headers.GetValues("x-should-retry").Single());
        Assert.StartsWith("""{"type":"error","error":{"type":"invalid_request_error",""", body, StringComparison.Ordinal);
        Assert.DoesNotContain("log in, please", body, StringComparison.Ordinal);
        Assert.False(Has(answer, "WWW-Authenticate"));
    }

    private static bool Has(HttpResponseMessage answer, string name) =>
        answer.Headers.NonValidated.Contains(name) || answer.Content.Headers.NonValidated.Contains(name);

    private async Task<(HttpResponseMessage Answer, string Body)> CallAsync(Func<HttpContext, Task> upstream)
    {
        var name = await broker.PutAsync("anthropic", "api-key", """{"apiKey":"the-token"}""");
        using var client = broker.Client((await broker.UserKeyAsync([name])).Secret);
        broker.Upstream.Answers(name, upstream);
        var answer = await client.PostAsync($"broker/{name}/v1/messages", BrokerFixture.Json($"\"{name}\""), TestContext.Current.CancellationToken);
        return (answer, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
