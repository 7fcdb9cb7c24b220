using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Axvault.Api.Refresh.Grants;

/// <summary>
/// The words in which failures are told. What a provider says is repeated only when it is one of the codes below: anything else may be anything, a
/// token included.
/// </summary>
internal static class RefreshError
{
    /// <summary>The provider was not reached: the refresh token was not sent.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>No answer came in time.</summary>
    public const string TimedOut = "timed_out";

    /// <summary>The connection was cut after the refresh token was sent.</summary>
    public const string ConnectionLost = "connection_lost";

    /// <summary>An answer came that is no token response.</summary>
    public const string UnexpectedAnswer = "unexpected_answer";

    /// <summary>The server that refreshed was not heard of again.</summary>
    public const string ServerLost = "server_lost";

    /// <summary>A setting that the provider needs is missing.</summary>
    public const string NotConfigured = "not_configured";

    /// <summary>The database could not be written, so nothing was sent.</summary>
    public const string StoreUnavailable = "store_unavailable";

    /// <summary>The refresh goes on, and takes longer than a reader waits.</summary>
    public const string StillRunning = "still_running";

    /// <summary>The credential was deleted meanwhile.</summary>
    public const string Deleted = "deleted";

    // RFC 6749 §5.2, OpenID Connect Core §3.1.2.6, RFC 8628 §3.5, and what the known providers say besides.
    private static readonly FrozenSet<string> Codes = new[]
    {
        "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "access_denied",
        "server_error", "temporarily_unavailable", "interaction_required", "login_required", "consent_required", "slow_down", "expired_token",
        "invalid_token", "insufficient_scope", "refresh_token_expired", "refresh_token_reused", "refresh_token_invalidated", "token_expired",
        "rate_limit_error", "rate_limit_exceeded", "rate_limited", "overloaded_error", "api_error", "authentication_error", "permission_error",
        "invalid_request_error", "not_found_error", "org_internal", "deleted_client", "disabled_client", "internal_failure",
    }.ToFrozenSet();

    // The refresh token, or the client, is refused for good.
    private static readonly FrozenSet<string> Final = new[]
    {
        "invalid_grant", "refresh_token_expired", "refresh_token_reused", "refresh_token_invalidated", "invalid_client", "unauthorized_client",
    }.ToFrozenSet();

    /// <summary>The code that a provider sent, when it is a known one; else its HTTP status.</summary>
    public static string Of(string? code, int status) => IsKnown(code) ? code : $"http_{status}";

    /// <summary>Whether <paramref name="code"/> is one that providers are known to say.</summary>
    public static bool IsKnown([NotNullWhen(true)] string? code) => code is not null && Codes.Contains(code);

    /// <summary>Whether <paramref name="code"/> means that only a new login helps.</summary>
    public static bool IsFinal(string? code) => code is not null && Final.Contains(code);
}
