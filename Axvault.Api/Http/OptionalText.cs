using System.Text.Json;
using System.Text.Json.Serialization;

namespace Axvault.Api.Http;

/// <summary>A text in a body, for which <c>null</c> and absence mean different things.</summary>
/// <param name="IsGiven"><see langword="true"/> when the member is present; otherwise <see langword="false"/>.</param>
/// <param name="Text">The text; <see langword="null"/> when it is <c>null</c> or absent.</param>
[JsonConverter(typeof(OptionalTextConverter))]
internal readonly record struct OptionalText(bool IsGiven, string? Text)
{
    /// <summary>Returns a text that is present.</summary>
    public static OptionalText Of(string? text) => new(true, text);
}

/// <summary>Reads a text or <c>null</c>. An absent member is not read at all.</summary>
internal sealed class OptionalTextConverter : JsonConverter<OptionalText>
{
    /// <inheritdoc />
    public override bool HandleNull => true;

    /// <inheritdoc />
    public override OptionalText Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => OptionalText.Of(reader.GetString());

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, OptionalText value, JsonSerializerOptions options) => writer.WriteStringValue(value.Text);
}
