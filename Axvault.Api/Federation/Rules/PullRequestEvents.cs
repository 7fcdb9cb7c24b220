namespace Axvault.Api.Federation.Rules;

/// <summary>The events of GitHub Actions in which an author outside of the repository may run code. A rule takes them only when it names them.</summary>
internal static class PullRequestEvents
{
    /// <summary>The claim with the event.</summary>
    public const string Claim = "event_name";

    /// <summary>A pull request; the job has the code of its author.</summary>
    public const string PullRequest = "pull_request";

    /// <summary>A pull request; the job has the identity of the base branch, and may be led to run the author's code.</summary>
    public const string PullRequestTarget = "pull_request_target";

    /// <summary>Returns <see langword="true"/> when a rule for <paramref name="events"/> takes <paramref name="found"/>.</summary>
    /// <param name="events">The events that the rule names; empty when it names none.</param>
    /// <param name="found">The event of a token; <see langword="null"/> when it has none.</param>
    public static bool Takes(IReadOnlyList<string> events, string? found) =>
        events.Count > 0 ? found is not null && events.Contains(found, StringComparer.Ordinal) : found is not (PullRequest or PullRequestTarget);
}
