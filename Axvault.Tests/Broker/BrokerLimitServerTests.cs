using System.Globalization;
using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using Npgsql;

namespace Axvault.Tests.Broker;

/// <summary>The use of tokens by day, and the limits of keys and rules.</summary>
public sealed class BrokerLimitServerTests(VaultGraph graph, BrokerFixture broker) : IClassFixture<BrokerFixture>
{
    private const string Anthropic = """{"model":"claude-x","usage":{"input_tokens":60,"output_tokens":40}}""";

    [Fact]
    public async Task The_use_is_summed_by_day_key_credential_model_and_rule()
    {
        var name = await broker.PutAsync("anthropic", "api-key", """{"apiKey":"t"}""");
        var key = await broker.UserKeyAsync([name]);
        broker.Upstream.Answers(name, Anthropic);
        await CallAsync(key, name);
        await CallAsync(key, name);

        await Until.HoldsAsync(
            async () => await SumAsync("credential", name) is { } sum && sum.GetProperty("calls").GetInt64() == 2,
            "both calls are written"
        );
        Assert.Equal(120, (await SumAsync("credential", name))!.Value.GetProperty("inputTokens").GetInt64());
        var byKey = (await SumAsync("key", key.Id))!.Value;
        Assert.Equal(("an agent", 80), (byKey.GetProperty("keyName").GetString(), byKey.GetProperty("outputTokens").GetInt64()));
        Assert.NotNull(await SumAsync("model", "claude-x"));
        Assert.NotNull(await SumAsync("day", DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)));
        Assert.NotNull(await SumAsync("rule", ""));
    }

    [Theory]
    [InlineData("?by=minute", "by")]
    [InlineData("?by=day&by=key", "by")]
    [InlineData("?from=2026-13-01", "from")]
    [InlineData("?from=2026-02-01&to=2026-01-01", "from")]
    public async Task A_wrong_parameter_of_the_use_is_named(string query, string field) =>
        (await broker.Admin.GetAsync($"usage{query}")).IsInvalid(field);

    [Fact]
    public async Task The_use_is_shown_to_administrators_only()
    {
        using var reader = await broker.Admin.WithNewKeyAsync(["*"], ["*"], ["claude.*"]);
        (await reader.GetAsync("usage")).IsProblem(HttpStatusCode.Forbidden, "forbidden");
    }

    [Theory]
    [InlineData("anthropic", "/v1/messages", HttpStatusCode.TooManyRequests, "billing_error")]
    [InlineData("openai", "/v1/responses", HttpStatusCode.BadRequest, "insufficient_quota")]
    [InlineData("google", "/v1beta/models/m:generateContent", HttpStatusCode.BadRequest, "FAILED_PRECONDITION")]
    public async Task A_spent_day_ends_in_the_words_of_the_provider(string provider, string path, HttpStatusCode status, string word)
    {
        var name = await broker.PutAsync(provider, "api-key", """{"apiKey":"t"}""");
        var key = await broker.UserKeyAsync([name], ""","tokensPerDay":100""");
        broker.Upstream.Answers(name, Anthropic);
        Assert.Equal(HttpStatusCode.OK, (await CallAsync(key, name, path)).StatusCode);
        var refused = await CallAsync(key, name, path);

        Assert.Equal(status, refused.StatusCode);
        Assert.Contains(word, await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal("false", refused.Headers.GetValues("x-should-retry").Single());
        Assert.Null(refused.Headers.RetryAfter);
        Assert.Single(broker.Upstream.CallsWith(name));
    }

    [Fact]
    public async Task Use_counts_while_it_is_being_written()
    {
        var name = await broker.PutAsync("anthropic", "api-key", """{"apiKey":"t"}""");
        var key = await broker.UserKeyAsync([name], ""","tokensPerDay":150""");
        broker.Upstream.Answers(name, Anthropic);
        await using (var holder = new NpgsqlConnection(broker.ConnectionString))
        {
            await holder.OpenAsync(TestContext.Current.CancellationToken);
            await using var transaction = await holder.BeginTransactionAsync(TestContext.Current.CancellationToken);
            // It lets reads pass, and holds each write.
            await using var hold = new NpgsqlCommand("lock table axvault.broker_usage in exclusive mode", holder, transaction);
            await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, (await CallAsync(key, name)).StatusCode);
            await Until.HoldsAsync(
                async () =>
                    await DatabaseContents.ScalarAsync<long>(
                        broker.ConnectionString,
                        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
                    ) > 0,
                "the use is being written"
            );
            Assert.Equal(HttpStatusCode.OK, (await CallAsync(key, name)).StatusCode);
            var third = CallAsync(key, name);
            Assert.Equal(HttpStatusCode.OK, (await CallAsync(await broker.UserKeyAsync([name]), name)).StatusCode);
            await transaction.RollbackAsync(TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.TooManyRequests, (await third).StatusCode);
        }
    }

    [Fact]
    public async Task Calls_over_the_rate_of_a_minute_are_told_when_to_come_back()
    {
        var name = await broker.PutAsync("anthropic", "api-key", """{"apiKey":"t"}""");
        var key = await broker.UserKeyAsync([name], ""","requestsPerMinute":2""");
        var answers = new List<HttpResponseMessage>();
        // The minute may end between two of them.
        for (var i = 0; i < 6; i++)
        {
            answers.Add(await CallAsync(key, name));
        }

        Assert.Equal(HttpStatusCode.OK, answers[0].StatusCode);
        var refused = answers.First(static answer => answer.StatusCode != HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.False(refused.Headers.Contains("x-should-retry"));
    }

    [Fact]
    public async Task A_call_that_is_decided_anew_is_counted_once()
    {
        var name = await broker.PutAsync("anthropic", "api-key", """{"apiKey":"t"}""");
        var key = await broker.UserKeyAsync([name], ""","requestsPerMinute":1""");
        // It makes the key known to the read cache, and is refused before it counts.
        Assert.Equal(HttpStatusCode.BadRequest, (await CallAsync(key, "another")).StatusCode);
        await DatabaseContents.ExecuteAsync(broker.ConnectionString, "update axvault.api_key set last_used_at = now() where id = $1", key.Id);

        Assert.Equal(HttpStatusCode.OK, (await CallAsync(key, name)).StatusCode);
    }

    [Fact]
    public async Task A_write_whose_answer_is_lost_counts_once()
    {
        await using var upstream = await UpstreamDouble.StartAsync();
        await using var database = await graph.CreateDatabaseAsync();
        await using var proxy = new LostAnswers();
        await using var server = await VaultServer.StartAsync(
            new ServerSettings(proxy.StartFor(database.ConnectionString)) { Variables = BrokerFixture.Variables(upstream.Url) }
        );
        using var admin = server.Client(server.BootstrapSecret);
        (await admin.PutAsync("credentials/own", """{"type":"api-key","provider":"anthropic","data":{"apiKey":"t"}}""")).Is(HttpStatusCode.Created);
        var key = (await admin.PostAsync("keys", """{"name":"an agent","useAccess":["own"],"tokensPerDay":150}""")).Is(HttpStatusCode.Created);
        using var client = broker.Client(key.Json.GetProperty("secret").GetString(), server: server);
        upstream.Answers("own", Anthropic);
        proxy.LoseAnswerTo("insert into axvault.broker_usage");
        Assert.Equal(HttpStatusCode.OK, (await BrokerFixture.PostAsync(client, "own")).StatusCode);
        await Until.HoldsAsync(() => proxy.HasLost, "the answer is lost");

        // It has used 100 of its 150 tokens, and not 200.
        Assert.Equal(HttpStatusCode.OK, (await BrokerFixture.PostAsync(client, "own")).StatusCode);
        await Until.HoldsAsync(async () => await CountAsync() > 1, "both calls are written");
        Assert.Equal(2, await CountAsync());
        Assert.Equal(HttpStatusCode.TooManyRequests, (await BrokerFixture.PostAsync(client, "own")).StatusCode);

        Task<long> CountAsync() =>
            DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select coalesce(sum(calls), 0)::bigint from axvault.broker_usage");
    }

    [Fact]
    public async Task A_limited_key_makes_no_key_with_a_higher_limit()
    {
        using var limited = broker.Admin.With(
            (
                await broker.Admin.PostAsync("keys", """{"name":"limited","grantAccess":["claude.*"],"requestsPerMinute":10,"tokensPerDay":1000}""")
            ).Is(HttpStatusCode.Created).Json.GetProperty("secret").GetString()
        );
        (await limited.PostAsync("keys", """{"name":"a","useAccess":["claude.x"],"requestsPerMinute":10,"tokensPerDay":1000}""")).Is(HttpStatusCode.Created);
        foreach (var limits in new[] { "", ""","requestsPerMinute":11,"tokensPerDay":1000""", ""","requestsPerMinute":10,"tokensPerDay":1001""" })
        {
            (await limited.PostAsync("keys", $$"""{"name":"b","useAccess":["claude.x"]{{limits}}}""")).IsProblem(HttpStatusCode.Forbidden, "forbidden");
        }

        var elsewhere = await limited.PostAsync("keys", """{"name":"c","useAccess":["codex.x"],"requestsPerMinute":1,"tokensPerDay":1}""");
        elsewhere.IsProblem(HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task A_limit_is_removed_with_zero()
    {
        var key = await broker.UserKeyAsync(["a"], ""","requestsPerMinute":2,"tokensPerDay":5""");
        var shown = (await broker.Admin.GetAsync($"keys/{key.Id}")).Is(HttpStatusCode.OK).Json;
        Assert.Equal((2, 5), (shown.GetProperty("requestsPerMinute").GetInt32(), shown.GetProperty("tokensPerDay").GetInt32()));
        var changed = (await broker.Admin.PatchAsync($"keys/{key.Id}", """{"requestsPerMinute":0,"tokensPerDay":0}""")).Is(HttpStatusCode.OK);
        Assert.DoesNotContain("requestsPerMinute", changed.Members);
        Assert.DoesNotContain("tokensPerDay", changed.Members);
    }

    private async Task<HttpResponseMessage> CallAsync(CreatedKey key, string name, string path = "/v1/messages")
    {
        var client = broker.Client(key.Secret);
        return await BrokerFixture.PostAsync(client, name, path);
    }

    private async Task<JsonElement?> SumAsync(string by, string name)
    {
        var sums = (await broker.Admin.GetAsync($"usage?by={by}")).Is(HttpStatusCode.OK).Json.GetProperty("usage").EnumerateArray();
        return sums.Where(sum => sum.GetProperty("name").GetString() == name).Select(static sum => (JsonElement?)sum).SingleOrDefault();
    }
}
