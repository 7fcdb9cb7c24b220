using System.Text.Json;
using System.Text.Json.Serialization;

namespace Axvault.Api.Refresh.Grants;

// A class, because the ToString of a record would print the body.
/// <summary>A provider's answer of success that could not be read. It may hold the only copy of a new refresh token.</summary>
internal sealed class UnreadAnswer
{
    /// <summary>The status of the answer.</summary>
    public required int Status { get; init; }

    /// <summary>The content type, as the provider sent it.</summary>
    public string? ContentType { get; init; }

    /// <summary>The content codings, as the provider sent them.</summary>
    public string? ContentEncoding { get; init; }

    /// <summary>The body as it came, at most 1 MiB.</summary>
    public required byte[] Body { get; init; }

    /// <summary>Returns <paramref name="body"/> of <paramref name="response"/>; <see langword="null"/> when it is empty.</summary>
    public static UnreadAnswer? Of(HttpResponseMessage response, AnswerBody body) =>
        body.Raw.IsEmpty
            ? null
            : new UnreadAnswer
            {
                Status = (int)response.StatusCode,
                ContentType = response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var type) ? type.ToString() : null,
                ContentEncoding = response.Content.Headers.NonValidated.TryGetValues("Content-Encoding", out var coding) ? coding.ToString() : null,
                Body = body.Raw.ToArray(),
            };

    /// <summary>Returns the answer as bytes, to be sealed.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, UnreadAnswerJsonContext.Default.UnreadAnswer);

    /// <summary>Reads what <see cref="ToBytes"/> returned.</summary>
    public static UnreadAnswer FromBytes(ReadOnlySpan<byte> bytes) => JsonSerializer.Deserialize(bytes, UnreadAnswerJsonContext.Default.UnreadAnswer)!;
}

/// <summary>The JSON form of a sealed answer.</summary>
[JsonSerializable(typeof(UnreadAnswer))]
internal sealed partial class UnreadAnswerJsonContext : JsonSerializerContext;
