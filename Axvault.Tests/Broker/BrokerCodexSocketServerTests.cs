using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Axvault.Api.CommandLine.Client;
using Axvault.Tests.Harness.Agents;
using Axvault.Tests.Harness.Servers;
using Microsoft.AspNetCore.Http;

namespace Axvault.Tests.Broker;

/// <summary>Codex over a websocket through the broker.</summary>
[Trait("Category", "Long")]
public sealed class BrokerCodexSocketServerTests(BrokerFixture broker) : IClassFixture<BrokerFixture>
{
    private static readonly ReceivedRequest Prompt = new("POST", "", "/v1/responses", "", new Dictionary<string, string>(), "{}");

    [Fact(Explicit = true)]
    public async Task Codex_is_answered_over_a_websocket()
    {
        var name = await broker.PutAsync("openai", "api-key", """{"apiKey":"the-provider-key"}""");
        var key = await broker.UserKeyAsync([name]);
        broker.Upstream.Answers("/v1/responses", AnswerAsync);
        var use = BrokerUse.Of("codex", broker.Server.Address, name, key.Secret);
        using var user = new ClientProgram { Variables = use.Variables };
        string[] socket = ["-c", "model_providers.vault.supports_websockets=true", "-c", "model=\"gpt-5.4\""];

        var run = await user.RunOtherAsync(
            await AgentPrograms.FindAsync("codex"),
            [.. use.Arguments, .. socket, "exec", "--disable", "plugins", "--skip-git-repo-check", "Say hello."]
        );

        Assert.True(run.ExitCode == 0, $"{run.Output}\n{run.Errors}");
        Assert.Contains(AgentFixture.Answer, run.Output, StringComparison.Ordinal);
        var arrived = Assert.Single(broker.Upstream.Calls, static call => call.Target.StartsWith("/v1/responses", StringComparison.Ordinal));
        Assert.Equal(("GET", "Bearer the-provider-key"), (arrived.Method, arrived.Headers["Authorization"]));
        var end = (await broker.Admin.GetAsync($"audit?credential={name}&action=broker.end")).Json.GetProperty("entries").EnumerateArray();
        Assert.Contains(end, static entry => entry.GetProperty("reason").GetString()!.StartsWith("101, ", StringComparison.Ordinal));
    }

    // The events of a prompt, each as a message. Codex first sends a request that generates nothing, to prepare the connection.
    private static async Task AnswerAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        while (await ReceiveAsync(socket, context.RequestAborted) is { } message)
        {
            using var request = JsonDocument.Parse(message);
            var generates = !request.RootElement.TryGetProperty("generate", out var flag) || flag.GetBoolean();
            string[] frame = ["\"response.created\"", "\"response.completed\""];
            var events = ProviderScript
                .Say(AgentFixture.Answer)(Prompt)
                .Body.Split('\n')
                .Where(static line => line.StartsWith("data: ", StringComparison.Ordinal))
                .Where(line => generates || frame.Any(kind => line.Contains(kind, StringComparison.Ordinal)));
            foreach (var line in events)
            {
                await socket.SendAsync(Encoding.UTF8.GetBytes(line[6..]), WebSocketMessageType.Text, true, context.RequestAborted);
            }
        }
    }

    private static async Task<string?> ReceiveAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        using var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            WebSocketReceiveResult received;
            try
            {
                received = await socket.ReceiveAsync(buffer, cancellationToken);
            }
            catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
            {
                // Codex ends the connection without a closing frame.
                return null;
            }

            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
                return null;
            }

            message.Write(buffer, 0, received.Count);
            if (received.EndOfMessage)
            {
                return Encoding.UTF8.GetString(message.ToArray());
            }
        }
    }
}
