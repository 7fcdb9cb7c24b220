namespace Axvault.Api.Http.Description;

/// <summary>The meaning of the answer with a status.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Description">A sentence, in Markdown.</param>
/// <param name="Headers">The optional headers of the answer.</param>
internal sealed record Answer(int Status, string Description, IReadOnlyList<AnswerHeader> Headers);
