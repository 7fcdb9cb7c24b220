namespace Axvault.Api.Http.Description;

/// <summary>An optional header of an answer. A handler sets it on the response, so no type of the handler tells of it.</summary>
/// <param name="Name">The header.</param>
/// <param name="Description">A sentence, in Markdown.</param>
internal sealed record AnswerHeader(string Name, string Description)
{
    /// <summary>An example of the value.</summary>
    public string? Example { get; init; }

    /// <summary>The regular expression of a text.</summary>
    public string? Pattern { get; init; }

    /// <summary>The only possible text.</summary>
    public string? OnlyValue { get; init; }

    /// <summary><see langword="true"/> for a path, relative to the address of the server; otherwise <see langword="false"/>.</summary>
    public bool IsPath { get; init; }

    /// <summary>The least whole number; <see langword="null"/> for a text.</summary>
    public int? Minimum { get; init; }
}
