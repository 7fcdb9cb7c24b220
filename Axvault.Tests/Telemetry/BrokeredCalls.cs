using System.Net;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Telemetry;

/// <summary>Calls through the broker that meet every event with telemetry.</summary>
internal static class BrokeredCalls
{
    /// <summary>Makes the calls: one that uses tokens, and one over the limit of its key.</summary>
    public static async Task MakeAsync(VaultClient admin, Uri server, UpstreamDouble upstream)
    {
        (await admin.PutAsync("credentials/brokered", """{"type":"api-key","provider":"anthropic","data":{"apiKey":"k"}}""")).Is(HttpStatusCode.Created);
        upstream.Answers(
            "brokered-call",
            """{"model":"m","usage":{"input_tokens":1,"output_tokens":1,"cache_read_input_tokens":1,"cache_creation_input_tokens":1}}"""
        );
        var key = (await admin.PostAsync("keys", """{"name":"agent","useAccess":["brokered"],"requestsPerMinute":1}""")).Is(HttpStatusCode.Created);
        using var agent = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server };
        agent.DefaultRequestHeaders.Add("x-api-key", key.Json.GetProperty("secret").GetString());
        var isRefused = false;
        // A minute may end between two calls.
        while (!isRefused)
        {
            using var body = new StringContent("brokered-call");
            using var answer = await agent.PostAsync("broker/brokered/v1/messages", body, TestContext.Current.CancellationToken);
            isRefused = answer.StatusCode == HttpStatusCode.TooManyRequests;
        }
    }
}
