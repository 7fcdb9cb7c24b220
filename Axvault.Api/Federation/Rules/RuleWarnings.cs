namespace Axvault.Api.Federation.Rules;

/// <summary>The risks of a rule that is allowed nevertheless, as sentences for its author.</summary>
internal static class RuleWarnings
{
    // GitHub and GitLab let a name be taken by someone else after its owner has left it.
    private static readonly string[] ImmutableIds =
    [
        "repository_id",
        "repository_owner_id",
        "enterprise_id",
        "project_id",
        "namespace_id",
        "job_project_id",
        "job_namespace_id",
    ];

    private static readonly string[] OwnerNames = ["repository", "repository_owner", "project_path", "namespace_path", "job_workflow_ref"];

    private static readonly string[] Owners = [.. ImmutableIds, .. OwnerNames];

    private static readonly string[] OfPullRequests = [PullRequestEvents.PullRequest, PullRequestEvents.PullRequestTarget];

    /// <summary>Returns the warnings about <paramref name="rule"/>.</summary>
    public static IEnumerable<string> Of(Rule rule)
    {
        if (NamesCanBeRecycled(rule) && !rule.Claims.Any(static claim => ImmutableIds.Contains(claim.Name)))
        {
            yield return "No immutable id is bound: the next user with the name of a renamed or deleted owner gets the keys. "
                + "Add repository_id and repository_owner_id (GitHub) or project_id (GitLab) to claims.";
        }

        if (rule.Subject is null && !rule.Claims.Any(static claim => Owners.Contains(claim.Name) || claim.Name.StartsWith('/')))
        {
            yield return "Neither a subject nor an owner is bound: every workload of the issuer with these claims gets the keys, also of other customers.";
        }

        if (rule.Subject is { IsPrefix: true })
        {
            yield return "The subject ends in *: every branch, tag, environment or account below it gets the keys.";
        }

        if (rule.Audience.StartsWith("https://github.com/", StringComparison.Ordinal))
        {
            yield return "The audience is the one that GitHub gives to every service: a token that was made for another service gets a key, too. "
                + "Ask for an audience of your own.";
        }

        if (rule.Events.Intersect(OfPullRequests).Any())
        {
            yield return "Pull requests get the keys: authors of forks can run code with pull_request_target.";
        }

        if (rule.Scope.Grant.Count > 0)
        {
            yield return "The keys may make other keys, which a change of the rule does not end.";
        }
    }

    private static bool NamesCanBeRecycled(Rule rule)
    {
        var subject = rule.Subject?.Text ?? "";
        var isGitHub = subject.StartsWith("repo:", StringComparison.Ordinal);
        return (isGitHub && !HasIds(subject))
            || subject.StartsWith("project_path:", StringComparison.Ordinal)
            || rule.Claims.Any(static claim => OwnerNames.Contains(claim.Name));
    }

    // repo:OWNER@123/REPOSITORY@456:…, the subjects of repositories that were made or renamed since 2026-07-15.
    private static bool HasIds(string subject)
    {
        var repository = subject["repo:".Length..].Split(':')[0];
        return repository.Split('/') is [var owner, var name] && owner.Contains('@', StringComparison.Ordinal) && name.Contains('@', StringComparison.Ordinal);
    }
}
