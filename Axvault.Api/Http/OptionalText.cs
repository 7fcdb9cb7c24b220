using System.Text.Json;
using System.Text.Json.Serialization;

namespace Axvault.Api.Http;

/// <summary>A text in a body of which <c>null</c> says something else than its absence.</summary>
/// <param name="IsGiven">Whether the member is there.</param>
/// <param name="Text">The text; <see langword="null"/> when it is <c>null</c>, or not there.</param>
[JsonConverter(typeof(OptionalTextConverter))]
internal readonly record struct OptionalText(bool IsGiven, string? Text)
{
    /// <summary>A text that is given.</summary>
    public static OptionalText Of(string? text) => new(true, text);
}

/// <summary>Reads a text or <c>null</c>; what is not there is not read at all.</summary>
internal sealed class OptionalTextConverter : JsonConverter<OptionalText>
{
    /// <inheritdoc />
    public override bool HandleNull => true;

    /// <inheritdoc />
    public override OptionalText Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => OptionalText.Of(reader.GetString());

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, OptionalText value, JsonSerializerOptions options) => writer.WriteStringValue(value.Text);
}
