using Axvault.Api.Refresh.Grants;

namespace Axvault.Api.Refresh;

/// <summary>The words for the reasons that keep a refresh token from being sent.</summary>
internal static class RefreshObstacles
{
    /// <summary>Returns the reason for which nothing can be sent for <paramref name="subject"/>, for the log and for people.</summary>
    public static string Explain(RefreshSubject subject) =>
        subject.Obstacle switch
        {
            RefreshError.ContradictingProvider =>
                "agent, provider and data contradict each other, so the provider that issued the tokens is not certain: put them with the right provider",
            RefreshError.UnreadableExpiry => "the data says the expiry in a form that a refresh could not write: put it as a number or a time of RFC 3339",
            RefreshError.NotConfigured => $"the provider needs {subject.Provider!.MissingSetting}",
            _ => "its provider is unknown: name it in the credential, and configure it with AXVAULT_OAUTH_<NAME>_TOKEN_URL and _CLIENT_ID",
        };
}
