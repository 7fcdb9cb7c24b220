using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Axvault.Api.Audit;

/// <summary>What an entry of the audit chain says. It never holds a secret, a hash of one, or a credential's data.</summary>
/// <param name="Action">One of <see cref="AuditAction"/>.</param>
/// <param name="Outcome">The name of an <see cref="AuditOutcome"/>.</param>
internal sealed record AuditEntry(string Action, string Outcome)
{
    /// <summary>The greatest length of a text in an entry, in UTF-16 code units; what is longer is cut.</summary>
    public const int MaxTextLength = 512;

    /// <summary>The greatest length of a user agent, in UTF-16 code units.</summary>
    public const int MaxUserAgentLength = 256;

    /// <summary>The id of the key it was done with.</summary>
    public string? KeyId { get; init; }

    /// <summary>The name of that key, as it was then.</summary>
    public string? KeyName { get; init; }

    /// <summary>The name of the credential or the id of the key that it touched.</summary>
    public string? Target { get; init; }

    /// <summary>The client's address; that of the client behind a trusted proxy.</summary>
    public string? ClientAddress { get; init; }

    /// <summary>The client's user agent.</summary>
    public string? UserAgent { get; init; }

    /// <summary>The id of the request.</summary>
    public string? RequestId { get; init; }

    /// <summary>The id of the trace (W3C Trace Context).</summary>
    public string? TraceId { get; init; }

    /// <summary>Why it was refused or failed, or what else there is to say.</summary>
    public string? Reason { get; init; }

    /// <summary>The server that wrote it.</summary>
    public required string Server { get; init; }

    /// <summary>Cuts <paramref name="text"/> to <paramref name="length"/> code units, not through a surrogate pair; an entry too long is shortened, never refused.</summary>
    public static string? Cut(string? text, int length = MaxTextLength) =>
        text is null || text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];

    /// <summary>Writes the entry for the table of noted ones.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, AuditEntryJsonContext.Default.AuditEntry);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
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

/// <summary>How an entry is kept until it is in the chain.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuditEntry))]
internal sealed partial class AuditEntryJsonContext : JsonSerializerContext;
