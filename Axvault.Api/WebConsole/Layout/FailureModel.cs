namespace Axvault.Api.WebConsole.Layout;

/// <summary>A failure, as its page shows it.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Message">The sentence about it.</param>
/// <param name="Fields">The wrong fields, each with its rule.</param>
/// <param name="TraceId">The id of the trace, for the log; <see langword="null"/> when there is none.</param>
public sealed record FailureModel(PageFrame Frame, string Message, IReadOnlyList<string> Fields, string? TraceId);
