using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Axvault.Client;
using Axvault.Client.Agents;

namespace Axvault.Api.CommandLine.Client;

/// <summary>Arguments and flags that several commands share, and how their texts are read.</summary>
internal static class ClientArguments
{
    /// <summary>Returns the argument for the name of a credential.</summary>
    public static Argument<string> Name() => new("NAME") { Description = "Name of the credential." };

    /// <summary>Returns the flag that names an agent.</summary>
    public static Option<string> Agent() =>
        new("--agent")
        {
            Description = $"Agent: {string.Join(", ", Axvault.Client.Agents.Agent.All.Select(static agent => agent.Name))}.",
            HelpName = "name",
            Required = true,
        };

    /// <summary>Returns the flag that answers a question beforehand.</summary>
    public static Option<bool> Yes() => new("--yes", "-y") { Description = "Do it without a question." };

    /// <summary>Returns the flag that sets a protection aside.</summary>
    public static Option<bool> Force(string description) => new("--force") { Description = description };

    /// <summary>Returns the agent that <paramref name="name"/> names.</summary>
    /// <exception cref="AxvaultException">No such agent is known.</exception>
    public static Agent ParseAgent(string name) =>
        Axvault.Client.Agents.Agent.All.FirstOrDefault(agent => agent.Name == name)
        ?? throw Wrong($"--agent: expected {string.Join(", ", Axvault.Client.Agents.Agent.All.Select(static agent => agent.Name))}.");

    /// <summary>Returns a time: of RFC 3339, or from now on, as <c>90d</c>, <c>12h</c> or <c>30m</c>.</summary>
    /// <exception cref="AxvaultException">It is neither.</exception>
    public static DateTimeOffset? ParseTime(string? text, string flag, int direction = 1)
    {
        if (text is null)
        {
            return null;
        }

        if (text.Length > 1 && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count) && count < 100_000)
        {
            TimeSpan? span = text[^1] switch
            {
                'd' => TimeSpan.FromDays(count),
                'h' => TimeSpan.FromHours(count),
                'm' => TimeSpan.FromMinutes(count),
                's' => TimeSpan.FromSeconds(count),
                _ => null,
            };
            if (span is { } time)
            {
                return TimeProvider.System.GetUtcNow() + (direction * time);
            }
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed)
            ? parsed
            : throw Wrong($"{flag}: expected a time such as 2027-01-31T00:00:00Z, or a duration such as 90d or 12h.");
    }

    /// <summary>Returns the entries of a list: <c>a,b</c>, or the flag several times.</summary>
    public static string[]? ParseList(string[]? texts) =>
        texts is null or []
            ? null
            : [.. texts.SelectMany(static text => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>Reads a file, or standard input for <c>-</c>.</summary>
    public static async Task<string> ReadFileAsync(string path, CancellationToken cancellationToken) =>
        path == "-" ? await Console.In.ReadToEndAsync(cancellationToken) : await File.ReadAllTextAsync(path, cancellationToken);

    /// <summary>Reads JSON from a file, or from standard input for <c>-</c>.</summary>
    /// <exception cref="AxvaultException">It is no JSON.</exception>
    public static async Task<JsonElement> ReadJsonAsync(string path, CancellationToken cancellationToken)
    {
        var text = await ReadFileAsync(path, cancellationToken);
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // The cause is left out, because it may repeat a part of a secret.
            throw Wrong($"{(path == "-" ? "The standard input" : path)} is not JSON.");
        }
    }

    /// <summary>Returns the failure for a wrong argument.</summary>
    public static AxvaultException Wrong(string message) => new(AxvaultError.InvalidRequest, message);
}
