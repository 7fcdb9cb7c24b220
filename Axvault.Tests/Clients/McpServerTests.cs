using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Clients;

/// <summary><c>axvault mcp</c>: tools for agents, none of which returns a secret.</summary>
public sealed class McpServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    [Fact]
    public async Task No_tool_returns_a_secret()
    {
        var canaries = new Dictionary<string, string>
        {
            ["mcp.key"] = """{"type":"api-key","data":{"apiKey":"canary-key"}}""",
            ["mcp.token"] = """{"type":"oauth-token","data":{"accessToken":"canary-token"}}""",
            ["mcp.login"] = """
                {"type":"oauth-credentials","provider":"example",
                "data":{"access_token":"canary-access","refresh_token":"canary-refresh","expires_in":86400}}
                """,
        };
        foreach (var (name, body) in canaries)
        {
            (await vault.Admin.PutAsync($"credentials/{name}", body)).Is(HttpStatusCode.Created);
        }

        // A version is replaced, so that there is one to show.
        (await vault.Admin.PutAsync("credentials/mcp.key", """{"type":"api-key","data":{"apiKey":"canary-new"}}""")).Is(HttpStatusCode.Created);
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);
        using var session = new McpSession(user.Start("mcp"));
        await session.InitializeAsync();

        var tools = (await session.AskAsync("tools/list", []))["result"]!["tools"]!.AsArray();

        Assert.Equal(
            ["list_audit_entries", "list_credentials", "refresh_credential", "show_credential"],
            tools.Select(static tool => (string)tool!["name"]!).Order(StringComparer.Ordinal)
        );
        foreach (var tool in tools)
        {
            string?[] names = tool!["inputSchema"]!["properties"]!.AsObject().ContainsKey("name") ? [.. canaries.Keys] : [null];
            foreach (var name in names)
            {
                var answer = await session.AskAsync(
                    "tools/call",
                    new JsonObject { ["name"] = (string)tool["name"]!, ["arguments"] = name is null ? [] : new JsonObject { ["name"] = name } }
                );
                Assert.NotEqual("", (string)answer["result"]!["content"]![0]!["text"]!);
                Assert.DoesNotContain("canary", answer.ToJsonString(), StringComparison.Ordinal);
            }
        }

        Assert.DoesNotContain("canary", await session.EndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tools_tell_health_and_history_and_start_a_refresh()
    {
        const string Body = """{"type":"oauth-token","agent":"claude","data":{"accessToken":"t"}}""";
        (await vault.Admin.PutAsync("credentials/mcp.told", Body)).Is(HttpStatusCode.Created);
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);
        using var session = new McpSession(user.Start("mcp"));
        await session.InitializeAsync();

        var list = JsonNode.Parse(await session.CallAsync("list_credentials", []))!.AsArray();
        Assert.Contains(list, static one => (string)one!["name"]! == "mcp.told" && (string)one["agent"]! == "claude");
        Assert.Equal("mcp.told", (string)JsonNode.Parse(await session.CallAsync("show_credential", new() { ["name"] = "mcp.told" }))!["credential"]!["name"]!);
        var entries = await session.CallAsync("list_audit_entries", new() { ["credential"] = "mcp.told", ["limit"] = 1 });
        Assert.Equal("credential.version.list", (string)JsonNode.Parse(Assert.Single(entries.Split('\n')))!["action"]!);

        var refresh = await session.AskAsync("tools/call", new() { ["name"] = "refresh_credential", ["arguments"] = new JsonObject { ["name"] = "mcp.told" } });
        Assert.True((bool)refresh["result"]!["isError"]!);
        Assert.Contains("refresh", (string)refresh["result"]!["content"]![0]!["text"]!, StringComparison.OrdinalIgnoreCase);
    }

    // JSON-RPC 2.0, a line for each message.
    private sealed class McpSession(Process process) : IDisposable
    {
        private int _last;

        public async Task InitializeAsync()
        {
            await AskAsync(
                "initialize",
                new JsonObject
                {
                    ["protocolVersion"] = "2025-06-18",
                    ["capabilities"] = new JsonObject(),
                    ["clientInfo"] = new JsonObject { ["name"] = "tests", ["version"] = "1" },
                }
            );
            await WriteAsync(new JsonObject { ["jsonrpc"] = "2.0", ["method"] = "notifications/initialized" });
        }

        public async Task<string> CallAsync(string tool, JsonObject arguments)
        {
            var answer = await AskAsync("tools/call", new JsonObject { ["name"] = tool, ["arguments"] = arguments });
            Assert.False((bool?)answer["result"]!["isError"] ?? false, answer.ToJsonString());
            return (string)answer["result"]!["content"]![0]!["text"]!;
        }

        public async Task<JsonNode> AskAsync(string method, JsonObject parameters)
        {
            await WriteAsync(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = ++_last, ["method"] = method, ["params"] = parameters });
            while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            {
                if (JsonNode.Parse(line)! is var message && (int?)message["id"] == _last)
                {
                    return message;
                }
            }

            throw new InvalidOperationException($"The server ended: {await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)}");
        }

        public async Task<string> EndAsync()
        {
            process.StandardInput.Close();
            var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, process.ExitCode);
            return errors;
        }

        public void Dispose()
        {
            process.Kill();
            process.Dispose();
        }

        private async Task WriteAsync(JsonObject message)
        {
            await process.StandardInput.WriteLineAsync(message.ToJsonString());
            await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        }
    }
}
