namespace Axvault.Api.Http.Description;

/// <summary>Another form of the body of an answer, as text, for a client that accepts it.</summary>
/// <param name="Status">The HTTP status of the answer.</param>
/// <param name="MediaType">The media type.</param>
/// <param name="Description">A sentence, in Markdown.</param>
internal sealed record AnswerContent(int Status, string MediaType, string Description);
