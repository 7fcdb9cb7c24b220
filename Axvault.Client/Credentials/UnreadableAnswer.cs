using System.Text.Json.Serialization;

namespace Axvault.Client;

/// <summary>An answer of a provider that the server could not read. It may hold the only copy of new tokens, so its body is never printed.</summary>
/// <example><code>var answer = await vault.Credentials.ReadUnreadableAnswerAsync("claude.prod");</code></example>
public sealed class UnreadableAnswer
{
    /// <summary>The name of the credential.</summary>
    public required string Name { get; init; }

    /// <summary>The time of the request.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>The HTTP status of the answer.</summary>
    public required int Status { get; init; }

    /// <summary>The content type; <see langword="null"/> when the answer has none.</summary>
    public string? ContentType { get; init; }

    /// <summary>The content codings, such as <c>gzip</c>; <see langword="null"/> when the answer has none.</summary>
    public string? ContentEncoding { get; init; }

    [JsonInclude]
    internal byte[] Body { get; init; } = [];

    /// <summary>Returns the body as it came, at most 1 MiB.</summary>
    /// <returns>The body. It is a secret.</returns>
    /// <example><code>await File.WriteAllBytesAsync(path, answer.RevealBody());</code></example>
    public byte[] RevealBody() => Body;

    /// <inheritdoc />
    public override string ToString() => $"{Name} (body hidden)";
}
