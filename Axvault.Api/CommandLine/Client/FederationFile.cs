using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Axvault.Client;

namespace Axvault.Api.CommandLine.Client;

/// <summary>Rules and issuers as people write them in files, or as <c>show</c> prints them.</summary>
internal static class FederationFile
{
    /// <summary>Reads a rule from a file; from standard input for <c>-</c>.</summary>
    /// <exception cref="AxvaultException">It is no rule.</exception>
    public static async Task<WorkloadRuleSettings> ReadRuleAsync(string path, CancellationToken cancellationToken)
    {
        var rule = await ReadAsync(path, CommandJsonContext.Default.WorkloadRule, cancellationToken);
        if (rule["claims"] is JsonObject claims)
        {
            // The API takes a single value for a list, and a number or a flag for a text.
            foreach (var (name, value) in claims.ToList())
            {
                claims[name] = value is JsonArray list ? new JsonArray([.. list.Select(Text)]) : new JsonArray(Text(value));
            }
        }

        return Deserialize(rule, CommandJsonContext.Default.WorkloadRuleSettings);
    }

    /// <summary>Reads an issuer from a file; from standard input for <c>-</c>.</summary>
    /// <exception cref="AxvaultException">It is no issuer.</exception>
    public static async Task<WorkloadIssuerSettings> ReadIssuerAsync(string path, CancellationToken cancellationToken) =>
        Deserialize(
            await ReadAsync(path, CommandJsonContext.Default.WorkloadIssuer, cancellationToken),
            CommandJsonContext.Default.WorkloadIssuerSettings
        );

    private static async Task<JsonObject> ReadAsync(string path, JsonTypeInfo shown, CancellationToken cancellationToken)
    {
        var json = await ClientArguments.ReadJsonAsync(path, cancellationToken);
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw ClientArguments.Wrong("Expected a JSON object.");
        }

        // The server ignores members that it does not know. A misspelled condition would make the rule wider than its author meant.
        foreach (var name in json.EnumerateObject().Select(static member => member.Name))
        {
            if (shown.Properties.All(property => property.Name != name))
            {
                throw ClientArguments.Wrong($"{Printer.Clean(name)}: no such member. docs/workload-identity.md has all members.");
            }
        }

        return JsonObject.Create(json)!;
    }

    private static T Deserialize<T>(JsonObject json, JsonTypeInfo<T> type)
    {
        try
        {
            return json.Deserialize(type)!;
        }
        catch (JsonException exception)
        {
            throw ClientArguments.Wrong($"The JSON does not fit{(exception.Path is { Length: > 0 } place ? $" at {place}" : "")}: {exception.Message}");
        }
    }

    private static JsonNode? Text(JsonNode? value) =>
        value?.GetValueKind() is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False
            ? JsonValue.Create(value.ToJsonString())
            : value?.DeepClone();
}
