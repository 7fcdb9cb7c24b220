using System.CommandLine;
using Axvault.Api.Telemetry;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Axvault.Api.CommandLine.Client;

/// <summary><c>axvault mcp</c>: a server of the Model Context Protocol on standard input and output, for agents.</summary>
internal static class McpCommand
{
    private const string Instructions =
        "Shows the health of credentials and the audit log of an Axvault server, and starts refreshes. No tool returns a secret.";

    /// <summary>Returns the command.</summary>
    public static Command Create() =>
        ClientVerb.Create(
            "mcp",
            """
            Serve the Model Context Protocol on standard input and output: list credentials and their health, read the audit log, start a refresh.
            No tool returns a secret.

            Example:
              claude mcp add axvault -- axvault mcp
            """,
            [],
            static async (_, client, _, cancellationToken) =>
            {
                var tools = new McpTools(client);
                var options = new McpServerOptions
                {
                    ServerInfo = new Implementation { Name = "axvault", Version = ServerVersion.Text },
                    ServerInstructions = Instructions,
                    Capabilities = new ServerCapabilities { Tools = new ToolsCapability() },
                    Handlers = new McpServerHandlers
                    {
                        ListToolsHandler = static (_, _) => ValueTask.FromResult(new ListToolsResult { Tools = McpTools.All }),
                        CallToolHandler = (request, token) => tools.CallAsync(request.Params!, token),
                    },
                };
                await using var transport = new StdioServerTransport("axvault");
                await using var server = McpServer.Create(transport, options);
                await server.RunAsync(cancellationToken);
                return ExitCode.Success;
            }
        );
}
