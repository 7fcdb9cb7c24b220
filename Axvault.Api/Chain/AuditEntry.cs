using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Axvault.Api.Chain;

/// <summary>The content of an audit entry. It never holds a secret, a hash of one, or a credential's data.</summary>
/// <param name="Action">One of <see cref="AuditAction"/>.</param>
/// <param name="Outcome">The name of an <see cref="AuditOutcome"/>.</param>
internal sealed record AuditEntry(string Action, string Outcome)
{
    /// <summary>The greatest length of a text in an entry, in UTF-16 code units. Longer texts are cut.</summary>
    public const int MaxTextLength = 512;

    /// <summary>The greatest length of a user agent, in UTF-16 code units.</summary>
    public const int MaxUserAgentLength = 256;

    /// <summary>The id of the API key of the caller.</summary>
    public string? KeyId { get; init; }

    /// <summary>The name of that key at the time.</summary>
    public string? KeyName { get; init; }

    /// <summary>The name of the credential or the id of the key that the action touched.</summary>
    public string? Target { get; init; }

    /// <summary>The client's address; behind a trusted proxy, that of the client in front of it.</summary>
    public string? ClientAddress { get; init; }

    /// <summary>The client's user agent.</summary>
    public string? UserAgent { get; init; }

    /// <summary>The id of the request.</summary>
    public string? RequestId { get; init; }

    /// <summary>The id of the trace (W3C Trace Context).</summary>
    public string? TraceId { get; init; }

    /// <summary>The reason of a refusal or failure, or a detail of a success.</summary>
    public string? Reason { get; init; }

    /// <summary>The server that wrote the entry.</summary>
    public required string Server { get; init; }

    /// <summary>
    /// Cuts <paramref name="text"/> to <paramref name="length"/> code units, never through a surrogate pair. A long entry is shortened, not refused.
    /// </summary>
    public static string? Cut(string? text, int length = MaxTextLength) =>
        text is null || text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];

    /// <summary>Returns the entry as JSON, for the table of notes.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, AuditEntryJsonContext.Default.AuditEntry);

    /// <summary>Reads the JSON of <see cref="ToJson"/>.</summary>
    public static bool TryParseJson(string json, [NotNullWhen(true)] out AuditEntry? entry)
    {
        try
        {
            entry = JsonSerializer.Deserialize(json, AuditEntryJsonContext.Default.AuditEntry);
        }
        catch (JsonException)
        {
            entry = null;
        }

        return entry is not null;
    }
}

/// <summary>The JSON form of an entry in the table of notes.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuditEntry))]
internal sealed partial class AuditEntryJsonContext : JsonSerializerContext;
