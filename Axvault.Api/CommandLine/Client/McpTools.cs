using System.Text.Json;
using Axvault.Client;
using ModelContextProtocol.Protocol;

namespace Axvault.Api.CommandLine.Client;

/// <summary>The tools for agents. Each uses only calls whose answers hold no secret.</summary>
internal sealed class McpTools(AxvaultClient client)
{
    private const int MaxEntries = 200;

    /// <summary>Every tool.</summary>
    public static readonly List<Tool> All =
    [
        Make(
            "list_credentials",
            "List the credentials that the key may read: type, agent, provider, expiry and refresh state. No values.",
            "{}",
            [],
            isReadOnly: true
        ),
        Make(
            "show_credential",
            "Show one credential: metadata, refresh state and older versions. No values.",
            """{"name": {"type": "string", "description": "Name of the credential."}}""",
            ["name"],
            isReadOnly: true
        ),
        Make(
            "refresh_credential",
            "Refresh a credential now, if its state permits it. Returns the outcome and the new expiry. No values.",
            """{"name": {"type": "string", "description": "Name of the credential."}}""",
            ["name"],
            isReadOnly: false
        ),
        Make(
            "list_audit_entries",
            "List entries of the audit log, newest first: who did what to which credential, and with what outcome. The key must grant *.",
            """
            {
              "credential": {"type": "string", "description": "Name of a credential."},
              "action": {"type": "string", "description": "Action, such as credential.read."},
              "outcome": {"type": "string", "enum": ["success", "denied", "failure"]},
              "since": {"type": "string", "description": "Earliest time, such as 2026-01-15T10:30:00Z, or a duration back from now, such as 2h."},
              "limit": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
            }
            """,
            [],
            isReadOnly: true
        ),
    ];

    /// <summary>Runs a tool. A failure is a result that says what is wrong.</summary>
    public async ValueTask<CallToolResult> CallAsync(CallToolRequestParams call, CancellationToken cancellationToken)
    {
        try
        {
            return call.Name switch
            {
                "list_credentials" => Result(
                    JsonSerializer.Serialize(
                        await client.Credentials.ListAsync(cancellationToken: cancellationToken).ToListAsync(cancellationToken),
                        CommandJsonContext.Default.IReadOnlyListCredential
                    )
                ),
                "show_credential" => Result(
                    JsonSerializer.Serialize(await ShowAsync(Text(call, "name"), cancellationToken), CommandJsonContext.Default.ShownCredential)
                ),
                "refresh_credential" => Result(
                    JsonSerializer.Serialize(
                        await client.Credentials.RefreshAsync(Text(call, "name"), cancellationToken: cancellationToken),
                        CommandJsonContext.Default.Credential
                    )
                ),
                "list_audit_entries" => Result(await AuditAsync(call, cancellationToken)),
                _ => Result("There is no such tool.", isError: true),
            };
        }
        catch (AxvaultException exception)
        {
            return Result(exception.Message, isError: true);
        }
    }

    private async Task<ShownCredential> ShowAsync(string name, CancellationToken cancellationToken) =>
        await client.Credentials.FindAsync(name, cancellationToken) is { } found
            ? new ShownCredential(found, await client.Credentials.ListVersionsAsync(name, cancellationToken))
            : throw new AxvaultException(AxvaultError.NotFound, $"There is no credential {name} for this key.");

    private async Task<string> AuditAsync(CallToolRequestParams call, CancellationToken cancellationToken)
    {
        var query = new AuditQuery
        {
            Credential = Find(call, "credential"),
            Action = Find(call, "action"),
            Outcome = Find(call, "outcome"),
            Since = ClientArguments.ParseTime(Find(call, "since"), "since", -1),
        };
        var limit = call.Arguments is { } all && all.TryGetValue("limit", out var given) && given.TryGetInt32(out var number) ? number : 50;
        var entries = await client.Audit.ListAsync(query, cancellationToken).Take(Math.Clamp(limit, 1, MaxEntries)).ToListAsync(cancellationToken);
        return string.Join('\n', entries.Select(static entry => JsonSerializer.Serialize(entry, LineJsonContext.Default.AuditEntry)));
    }

    private static string Text(CallToolRequestParams call, string name) => Find(call, name) ?? throw ClientArguments.Wrong($"{name}: expected a text.");

    private static string? Find(CallToolRequestParams call, string name) =>
        call.Arguments is { } all && all.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static CallToolResult Result(string text, bool isError = false) => new() { Content = [new TextContentBlock { Text = text }], IsError = isError };

    private static Tool Make(string name, string description, string properties, string[] required, bool isReadOnly)
    {
        var names = string.Join(", ", required.Select(static one => $"\"{one}\""));
        using var schema = JsonDocument.Parse($$"""{"type": "object", "properties": {{properties}}, "required": [{{names}}], "additionalProperties": false}""");
        return new Tool
        {
            Name = name,
            Description = description,
            InputSchema = schema.RootElement.Clone(),
            Annotations = new ToolAnnotations { ReadOnlyHint = isReadOnly, DestructiveHint = false, IdempotentHint = isReadOnly },
        };
    }
}
