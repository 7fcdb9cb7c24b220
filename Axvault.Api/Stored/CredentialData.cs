using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;

namespace Axvault.Api.Stored;

/// <summary>
/// The data of a credential: a JSON object. The bytes are kept as they were sent, so numbers, member order and escapes come back unchanged. Never printed.
/// </summary>
[JsonConverter(typeof(CredentialDataConverter))]
internal sealed class CredentialData
{
    /// <summary>The rule, in words for an error message.</summary>
    public const string Rule = "must be a JSON object of at most 10000 values, in UTF-8";

    /// <summary>The greatest number of values, nested ones included. No real credential comes near it, and more would cost its readers.</summary>
    public const int MaxValues = 10_000;

    private readonly byte[] _json;

    private CredentialData(byte[] json) => _json = json;

    /// <summary>Creates the data from <paramref name="element"/> when it follows the rule.</summary>
    public static bool TryCreate(JsonElement? element, [NotNullWhen(true)] out CredentialData? data)
    {
        data =
            element is { ValueKind: JsonValueKind.Object } value && IsWithinRule(JsonMarshal.GetRawUtf8Value(value))
                ? new CredentialData(JsonMarshal.GetRawUtf8Value(value).ToArray())
                : null;
        return data is not null;
    }

    /// <summary>Wraps decrypted data, which was checked before it was encrypted.</summary>
    public static CredentialData FromStored(byte[] json) => new(json);

    /// <summary>The length of the JSON, in bytes.</summary>
    public int Length => _json.Length;

    /// <summary>The JSON, as UTF-8.</summary>
    public ReadOnlySpan<byte> Reveal() => _json;

    /// <inheritdoc />
    public override string ToString() => "{…}";

    // The parser does not validate the UTF-8 of a string that no one reads.
    private static bool IsWithinRule(ReadOnlySpan<byte> json) => Utf8.IsValid(json) && CountValues(json) <= MaxValues;

    private static int CountValues(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        var count = 0;
        while (count <= MaxValues && reader.Read())
        {
            count += reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.EndArray or JsonTokenType.EndObject ? 0 : 1;
        }

        return count;
    }
}

/// <summary>Writes the bytes unchanged. The data of a request is read as a <see cref="JsonElement"/> and then checked.</summary>
internal sealed class CredentialDataConverter : JsonConverter<CredentialData>
{
    /// <inheritdoc />
    public override CredentialData Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, CredentialData value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.Reveal(), skipInputValidation: true);
}
