using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Leaks;
using Axvault.Tests.Harness.Servers;
using Microsoft.AspNetCore.Http;

namespace Axvault.Tests.Broker;

/// <summary>A key that may only use credentials learns nothing of them by any call, and no secret is emitted.</summary>
public sealed class BrokerSecrecyServerTests(BrokerFixture broker) : IClassFixture<BrokerFixture>
{
    /// <summary>Every call of the API.</summary>
    public static TheoryData<string> Calls => [.. ApiContract.Committed.Calls.Select(static call => (string)call.Call["operationId"]!)];

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_key_with_use_alone_sees_no_part_of_a_credential(string operation)
    {
        var (path, method, call) = ApiContract.Committed.Calls.Single(call => (string)call.Call["operationId"]! == operation);
        var canary = $"canary{Guid.NewGuid():N}";
        var name = $"c{Guid.NewGuid():N}";
        var body = $$"""
            {"type":"oauth-credentials","provider":"openai","displayName":"{{canary}} display","notes":"{{canary}} notes",
             "data":{"access_token":"{{canary}}-access","refresh_token":"{{canary}}-refresh","other":"{{canary}}","expires_at":4102444800000} }
            """;
        (await broker.Admin.PutAsync($"credentials/{name}", body.Replace("-refresh", "-former", StringComparison.Ordinal))).Is(HttpStatusCode.Created);
        (await broker.Admin.PutAsync($"credentials/{name}", body)).Is(HttpStatusCode.Created);
        var versions = (await broker.Admin.GetAsync($"credentials/{name}/versions")).Is(HttpStatusCode.OK).Json.GetProperty("versions");
        var version = versions[0].GetProperty("version");
        if (operation == "undeleteCredential")
        {
            (await broker.Admin.DeleteAsync($"credentials/{name}")).Is(HttpStatusCode.NoContent);
        }

        var other = await broker.Admin.CreateKeyAsync(["*"], name: $"{canary} key");
        // With the name itself and with everything.
        foreach (var use in (string[])[name, "*"])
        {
            using var client = broker.Admin.With((await broker.UserKeyAsync([use])).Secret);
            var target = path.Replace("{name}", name, StringComparison.Ordinal)
                .Replace("{id}", other.Id, StringComparison.Ordinal)
                .Replace("{version}", version.GetString(), StringComparison.Ordinal)
                .Replace("{rule}", "any", StringComparison.Ordinal)
                .Replace("{issuer}", "any", StringComparison.Ordinal);
            foreach (var query in Queries(operation))
            {
                using HttpContent? content = Body(operation, name, call);
                var answer = await client.SendAsync(method, target + query, content);

                Assert.DoesNotContain(canary, answer.Text, StringComparison.Ordinal);
                Assert.DoesNotContain(answer.Headers, header => header.Value.Contains(canary, StringComparison.Ordinal));
            }
        }

        // The walk has changed nothing either.
        if (operation != "undeleteCredential")
        {
            Assert.Contains(canary, (await broker.Admin.GetAsync($"credentials/{name}")).Is(HttpStatusCode.OK).Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(200)]
    [InlineData(401)]
    [InlineData(302)]
    [InlineData(500)]
    public async Task No_secret_is_in_a_log_an_entry_or_an_answer(int status)
    {
        var canary = $"sk-ant-api03-canary{Guid.NewGuid():N}";
        var name = await broker.PutAsync("anthropic", "api-key", $$"""{"apiKey":"{{canary}}"}""");
        var key = await broker.UserKeyAsync([name]);
        var agents = $"sk-ant-api03-agents{Guid.NewGuid():N}";
        LeakWatch.Secrets.Add(agents, SecretKind.SentKey);
        broker.Upstream.Answers(
            name,
            context =>
            {
                // A hostile upstream hides what it got in headers that do not pass.
                var secret = context.Request.Headers["x-api-key"].ToString();
                context.Response.StatusCode = status;
                context.Response.ContentType = "application/json";
                context.Response.Headers.SetCookie = $"a={secret}";
                context.Response.Headers.Location = $"https://{secret}.example.com/";
                context.Response.Headers.WWWAuthenticate = $"Bearer {secret}";
                return context.Response.WriteAsync(status == 401 ? secret : "{}");
            }
        );
        foreach (var foreign in (bool[])[false, true])
        {
            using var client = broker.Client(key.Secret);
            client.DefaultRequestHeaders.Add("x-claude-code-session-id", key.Secret);
            client.DefaultRequestHeaders.Add("x-claude-code-agent-id", agents);
            client.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", "agent/1");
            if (foreign)
            {
                client.DefaultRequestHeaders.TryAddWithoutValidation("x-goog-api-key", agents);
            }

            using var answer = await client.PostAsync(
                $"broker/{name}/v1/messages?key={(foreign ? agents : key.Secret)}",
                BrokerFixture.Json($"\"{name}\""),
                TestContext.Current.CancellationToken
            );
            var text = new StringBuilder(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            text.Append(answer.Headers).Append(answer.Content.Headers);
            Assert.DoesNotContain(canary, text.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(key.Secret, text.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(agents, text.ToString(), StringComparison.Ordinal);
        }

        await Until.HoldsAsync(
            async () => (await broker.Admin.GetAsync($"audit?credential={name}&action=broker.end")).Json.GetProperty("entries").GetArrayLength() == 1,
            "the end of the call is recorded"
        );
        var audit = (await broker.Admin.GetAsync("audit?limit=1000")).Is(HttpStatusCode.OK).Text;
        foreach (var secret in (string[])[canary, key.Secret, agents])
        {
            Assert.DoesNotContain(secret, audit, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, string.Join('\n', broker.Server.Output.Concat(broker.Server.Errors)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_missing_and_a_forbidden_credential_are_refused_alike()
    {
        var name = await broker.PutAsync("anthropic", "api-key", """{"apiKey":"the-token"}""");
        using var client = broker.Client((await broker.UserKeyAsync(["another"])).Secret);

        Assert.Equal(await RefusalAsync(name), await RefusalAsync($"c{Guid.NewGuid():N}"));

        async Task<string> RefusalAsync(string target)
        {
            using var answer = await client.PostAsync($"broker/{target}/v1/messages", BrokerFixture.Json("{}"), TestContext.Current.CancellationToken);
            var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            return string.Create(CultureInfo.InvariantCulture, $"{(int)answer.StatusCode} {body.Replace(target, "NAME", StringComparison.Ordinal)}");
        }
    }

    [Fact]
    public async Task A_key_of_the_vault_opens_no_other_call_in_a_carrier_of_agents()
    {
        var key = await broker.Admin.CreateKeyAsync(["*"]);
        foreach (var header in (string[])["x-api-key", "x-goog-api-key"])
        {
            using var client = broker.Client(key.Secret, header);
            using var answer = await client.GetAsync($"api/v1/credentials?key={key.Secret}", TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    private static string[] Queries(string operation) =>
        operation switch
        {
            "listCredentials" => ["", "?include=data", "?deleted=true", "?limit=1000", "?prefix=c"],
            "deleteCredential" => ["", "?purge=true"],
            "refreshCredential" => ["", "?force=true"],
            "getVersion" or "getCredential" => ["", "?data=true"],
            _ => [""],
        };

    private static StringContent? Body(string operation, string name, JsonObject call) =>
        operation switch
        {
            "readCredentials" => BrokerFixture.Json($$"""{"names":["{{name}}"]}"""),
            "createKey" => BrokerFixture.Json($$"""{"name":"k","readAccess":["{{name}}"]}"""),
            "updateKey" => BrokerFixture.Json($$"""{"readAccess":["{{name}}"]}"""),
            "putCredential" => BrokerFixture.Json("""{"type":"api-key","data":{"apiKey":"other"}}"""),
            "testRule" => BrokerFixture.Json("""{"token":"a.b.c"}"""),
            _ => call.ContainsKey("requestBody") ? BrokerFixture.Json("{}") : null,
        };
}
