using Axvault.Api.WebConsole.Layout;
using Axvault.Client;
using Axvault.Client.Agents;

namespace Axvault.Api.WebConsole.Credentials;

/// <summary>The health of a credential's present version: a word, and what to do.</summary>
/// <param name="Tone">The colour.</param>
/// <param name="Word">The word.</param>
/// <param name="Advice">Its meaning, and the next step; <see langword="null"/> when there is nothing to do.</param>
public sealed record CredentialHealth(Tone Tone, string Word, string? Advice)
{
    /// <summary>Returns the health of <paramref name="credential"/>. An expired access token beside a working refresh is healthy.</summary>
    internal static CredentialHealth Of(Credential credential, DateTimeOffset now) =>
        credential.Refresh switch
        {
            null or { Status: "ok" } => OfUnfailed(credential, now),
            { Status: "failed" } => new(Tone.Bad, "failed", $"The provider refuses the refresh token for good. A new login is needed: {LoginOf(credential)}"),
            { Status: "misconfigured" } => new(
                Tone.Bad,
                "misconfigured",
                "The provider refuses the client, or agent, provider and data contradict each other. Correct the settings of the provider, or put the login "
                    + "again."
            ),
            { Status: "not_configured" } => new(
                Tone.Warn,
                "not configured",
                "This server does not know the provider, or lacks its settings. Set its token endpoint and client; the sweep goes on by itself then."
            ),
            { Status: "unknown", Error: "unknown_expiry" } => new(
                Tone.Warn,
                "unknown expiry",
                "Nothing says when the access token expires. Put the credential again with its expiry."
            ),
            { Status: "unknown", UnreadableAnswer: true } => new(
                Tone.Bad,
                "unknown",
                "The provider answered, and the answer could not be read. It may hold the new tokens, and is kept: GET /credentials/{name}/unreadable-answer."
            ),
            { Status: "unknown" } => new(
                Tone.Warn,
                "unknown",
                "The last refresh ended without an answer. Sending the same refresh token twice could revoke the login, so it is tried once, after the access "
                    + "token expires. To try now, refresh with force."
            ),
            { Status: "retrying" } => new(Tone.Warn, "retrying", "The last refresh failed for a time. The vault tries again by itself."),
            var other => new(Tone.Plain, other.Status, null),
        };

    /// <summary>Returns the commands that make a new login.</summary>
    internal static string LoginOf(Credential credential) =>
        Agent.All.FirstOrDefault(agent => agent.Name == credential.Agent) is { } agent
            ? $"{agent.LoginCommand}, then axvault push --agent {agent.Name} {credential.Name}"
            : "log in again on its page, or put a new login";

    private static CredentialHealth OfUnfailed(Credential credential, DateTimeOffset now) =>
        credential.IsRenewed || credential.KnownExpiry is not { } end ? new(Tone.Good, "ok", null)
        : end <= now ? new(Tone.Bad, "expired", $"It has expired, and nothing renews it. {NextOf(credential)}")
        : end <= now.AddDays(1) ? new(Tone.Warn, "ends soon", $"It ends within a day, and nothing renews it. {NextOf(credential)}")
        : new(Tone.Good, "ok", null);

    // A login without a refresh token, or in a vault that refreshes nothing.
    private static string NextOf(Credential credential) =>
        credential.Type == CredentialTypes.OAuthCredentials ? $"A new login is needed: {LoginOf(credential)}" : "Put a new one.";
}
