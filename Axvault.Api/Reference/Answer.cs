namespace Axvault.Api.Reference;

/// <summary>What the answer with a status means, where its type does not say.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Description">A sentence, in Markdown.</param>
internal sealed record Answer(int Status, string Description);
