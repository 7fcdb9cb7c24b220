using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Servers;
using Microsoft.AspNetCore.Http;

namespace Axvault.Tests.Broker;

/// <summary>Calls through the broker: what arrives at the upstream, what comes back, and what is recorded.</summary>
public sealed class BrokerServerTests(BrokerFixture broker) : IClassFixture<BrokerFixture>
{
    private const string Messages = """{"model":"claude-test","messages":[]}""";

    [Fact]
    public async Task A_call_arrives_with_the_credential_and_without_the_key()
    {
        var name = await broker.PutAsync("anthropic", "api-key", """{"apiKey":"sk-ant-api03-canary-one"}""");
        var key = await broker.UserKeyAsync([name]);
        using var client = broker.Client(key.Secret);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"broker/{name}/v1/messages?beta=true") { Content = BrokerFixture.Json(Messages) };
        request.Headers.Add("anthropic-version", "2023-06-01");
        request.Headers.Add("anthropic-beta", "one,two");
        request.Headers.Add("X-Mark", name);
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var call = Assert.Single(broker.Upstream.CallsWith(name));
        Assert.Equal("/v1/messages?beta=true", call.Target);
        Assert.Equal("sk-ant-api03-canary-one", call.Headers["x-api-key"]);
        Assert.Equal("one,two", call.Headers["anthropic-beta"]);
        Assert.Equal(Messages, call.Body);
        Assert.False(call.Headers.ContainsKey("Authorization"));
        Assert.DoesNotContain(call.Headers, header => header.Value.Contains(key.Secret, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("anthropic", "api-key", """{"apiKey":"T"}""", "/v1/messages", "/v1/messages", "x-api-key", "T")]
    [InlineData("anthropic", "oauth-token", """{"accessToken":"T"}""", "/v1/messages", "/v1/messages", "Authorization", "Bearer T")]
    [InlineData("openai", "api-key", """{"apiKey":"T"}""", "/v1/responses", "/v1/responses", "Authorization", "Bearer T")]
    [InlineData("openai", "api-key", """{"apiKey":"T"}""", "/chat/completions", "/v1/chat/completions", "Authorization", "Bearer T")]
    [InlineData("google", "api-key", """{"apiKey":"T"}""", "/v1beta/models/m:generateContent", "/v1beta/models/m:generateContent", "x-goog-api-key", "T")]
    [InlineData("gitea", "api-key", """{"apiKey":"T"}""", "/issues", "/api/issues", "Authorization", "token T")]
    public async Task Each_kind_goes_to_its_upstream_in_its_header(
        string provider,
        string type,
        string data,
        string path,
        string target,
        string header,
        string value
    )
    {
        var name = await broker.PutAsync(provider, type, data);
        using var client = broker.Client((await broker.UserKeyAsync([name])).Secret);
        using var answer = await BrokerFixture.PostAsync(client, name, path);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var call = Assert.Single(broker.Upstream.CallsWith(name));
        Assert.Equal((target, value), (call.Target, call.Headers[header]));
    }

    [Fact]
    public async Task A_codex_login_carries_its_account()
    {
        var name = await broker.PutAsync(
            "openai",
            "oauth-credentials",
            """{"auth_mode":"chatgpt","tokens":{"id_token":"i","access_token":"codex-access","refresh_token":"codex-refresh","account_id":"acc-1"}}"""
        );
        using var client = broker.Client((await broker.UserKeyAsync([name])).Secret);
        using var answer = await BrokerFixture.PostAsync(client, name, "/v1/responses");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var call = Assert.Single(broker.Upstream.CallsWith(name));
        Assert.Equal("/backend-api/codex/responses", call.Target);
        Assert.Equal(("Bearer codex-access", "acc-1"), (call.Headers["Authorization"], call.Headers["chatgpt-account-id"]));
    }

    [Theory]
    [InlineData("Authorization")]
    [InlineData("x-api-key")]
    [InlineData("x-goog-api-key")]
    [InlineData(null)]
    public async Task The_key_comes_in_any_carrier_of_an_agent(string? header)
    {
        var name = await broker.PutAsync("google", "api-key", """{"apiKey":"g-key"}""");
        var key = await broker.UserKeyAsync([name]);
        using var client = broker.Client(key.Secret, header);
        var query = header is null ? $"?alt=sse&key={key.Secret}&x=1" : "?alt=sse&x=1";
        using var answer = await BrokerFixture.PostAsync(client, name, $"/v1beta/models/m:streamGenerateContent{query}");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("/v1beta/models/m:streamGenerateContent?alt=sse&x=1", Assert.Single(broker.Upstream.CallsWith(name)).Target);
    }

    [Theory]
    [InlineData("sk-ant-api03-of-the-agent")]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    public async Task Another_credential_beside_the_key_is_refused(string other)
    {
        var name = await broker.PutAsync("anthropic", "api-key", """{"apiKey":"sk-ant-1"}""");
        using var client = broker.Client((await broker.UserKeyAsync([name])).Secret);
        client.DefaultRequestHeaders.TryAddWithoutValidation("x-api-key", other);
        using var answer = await BrokerFixture.PostAsync(client, name, "/v1/messages");

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("false", answer.Headers.GetValues("x-should-retry").Single());
        Assert.Empty(broker.Upstream.CallsWith(name));
    }

    [Fact]
    public async Task The_call_is_in_the_audit_log_before_it_leaves_and_its_end_after_it()
    {
        var name = await broker.PutAsync("anthropic", "api-key", """{"apiKey":"sk-ant-1"}""");
        var key = await broker.UserKeyAsync([name]);
        var before = -1;
        broker.Upstream.Answers(
            name,
            async context =>
            {
                before = (await EntriesAsync(name)).Count;
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(
                    """{"model":"claude-test-4","usage":{"input_tokens":11,"output_tokens":7,"cache_read_input_tokens":5,"cache_creation_input_tokens":3}}"""
                );
            }
        );
        using var client = broker.Client(key.Secret);
        client.DefaultRequestHeaders.Add("x-claude-code-session-id", "session-1");
        using var answer = await BrokerFixture.PostAsync(client, name, "/v1/messages?x=secret");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(1, before);
        await Until.HoldsAsync(async () => (await EntriesAsync(name)).Count == 2, "the end is recorded");
        var entries = await EntriesAsync(name);
        Assert.Equal(["broker.end", "broker.call"], entries.Select(static entry => entry.GetProperty("action").GetString()));
        Assert.Equal("POST /v1/messages, session session-1", entries[1].GetProperty("reason").GetString());
        Assert.Equal(key.Id, entries[0].GetProperty("keyId").GetString());
        Assert.Contains(
            "model claude-test-4, tokens 11 in, 7 out, 5 cache read, 3 cache write",
            entries[0].GetProperty("reason").GetString()!,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("/v1/messages", """{"type":"error","error":{"type":"invalid_request_error","message":""")]
    [InlineData("/v1/responses", """{"error":{"message":""")]
    [InlineData("/v1beta/models/m:generateContent", """{"error":{"code":400,"message":""")]
    public async Task A_key_without_use_is_refused_in_the_words_of_the_provider(string path, string start)
    {
        var name = await broker.PutAsync("anthropic", "api-key", """{"apiKey":"sk-ant-1"}""");
        // All other rights together do not imply the use.
        using var client = broker.Client((await broker.Admin.CreateKeyAsync(["*"], ["*"], ["*"])).Secret);
        using var answer = await BrokerFixture.PostAsync(client, name, path);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.StartsWith(start, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal("false", answer.Headers.GetValues("x-should-retry").Single());
        Assert.Empty(broker.Upstream.CallsWith(name));
    }

    [Fact]
    public async Task An_unknown_key_gets_401()
    {
        using var client = broker.Client(Axvault.Api.Keys.ApiKeySecret.Create().Reveal());
        using var answer = await client.PostAsync("broker/any/v1/messages", BrokerFixture.Json("{}"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("authentication_error", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_consumer_login_is_not_forwarded_by_default()
    {
        const string Login = """{"claudeAiOauth":{"accessToken":"a","refreshToken":"r","expiresAt":4102444800000}}""";
        var name = await broker.PutAsync("anthropic", "oauth-credentials", Login);
        using var client = broker.Client((await broker.UserKeyAsync([name])).Secret);
        using var answer = await BrokerFixture.PostAsync(client, name, "/v1/messages");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var refusal = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("AXVAULT_BROKER_CONSUMER_LOGINS", refusal, StringComparison.Ordinal);
        Assert.Empty(broker.Upstream.CallsWith(name));
    }

    private async Task<List<JsonElement>> EntriesAsync(string target)
    {
        var entries = (await broker.Admin.GetAsync($"audit?credential={target}")).Json.GetProperty("entries").EnumerateArray();
        return [.. entries.Where(static entry => entry.GetProperty("action").GetString()!.StartsWith("broker.", StringComparison.Ordinal))];
    }
}
