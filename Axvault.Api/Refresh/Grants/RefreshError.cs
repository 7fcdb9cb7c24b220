using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Axvault.Api.Stored;

namespace Axvault.Api.Refresh.Grants;

/// <summary>
/// The codes of failed refreshes. A provider's own words are repeated only when they are one of these codes: other text could hold a token.
/// </summary>
internal static class RefreshError
{
    /// <summary>The provider was not reached. The refresh token was not sent.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>No answer came in time.</summary>
    public const string TimedOut = "timed_out";

    /// <summary>The connection was cut after the refresh token was sent.</summary>
    public const string ConnectionLost = "connection_lost";

    /// <summary>The answer is not a token response.</summary>
    public const string UnexpectedAnswer = "unexpected_answer";

    /// <summary>The refreshing server stopped prolonging its claim.</summary>
    public const string ServerLost = "server_lost";

    /// <summary>Another version or credential has used, or holds, the refresh token. It is never sent again.</summary>
    public const string TokenTaken = "refresh_token_taken";

    /// <summary>A setting that the provider needs is missing.</summary>
    public const string NotConfigured = "not_configured";

    /// <summary>No provider of that name is configured, or nothing names one. Nothing was sent.</summary>
    public const string UnknownProvider = "unknown_provider";

    /// <summary>The agent, the provider and the shape of the data exclude each other. Nothing was sent.</summary>
    public const string ContradictingProvider = "contradicting_provider";

    /// <summary>The expiry of the access token is not known. The tokens are refreshed on request only.</summary>
    public const string UnknownExpiry = "unknown_expiry";

    /// <summary>The data says the expiry in a form that a refresh could not write. Nothing was sent, so that no file is updated in part.</summary>
    public const string UnreadableExpiry = "unreadable_expiry";

    /// <summary>The database could not be written, so nothing was sent.</summary>
    public const string StoreUnavailable = "store_unavailable";

    /// <summary>The refresh goes on, and takes longer than a reader waits.</summary>
    public const string StillRunning = "still_running";

    /// <summary>The credential was deleted during the refresh.</summary>
    public const string Deleted = "deleted";

    /// <summary>The person has not confirmed the device code yet (RFC 8628 §3.5).</summary>
    public const string AuthorizationPending = "authorization_pending";

    /// <summary>The provider was asked too often. A device flow waits 5 seconds longer from then on (RFC 8628 §3.5).</summary>
    public const string SlowDown = "slow_down";

    /// <summary>The person has refused the device code (RFC 8628 §3.5).</summary>
    public const string AccessDenied = "access_denied";

    /// <summary>The device code has expired (RFC 8628 §3.5).</summary>
    public const string ExpiredToken = "expired_token";

    /// <summary>The provider's answer to a login has no refresh token, so the login would end with its access token.</summary>
    public const string NoRefreshToken = "no_refresh_token";

    /// <summary>The provider calls the refresh token invalid in its description of an invalid request.</summary>
    public const string RefreshTokenInvalid = "refresh_token_invalid";

    /// <summary>A firewall in front of the provider answered, with a page for people.</summary>
    public const string Blocked = "blocked_by_provider";

    // RFC 6749 §5.2, OpenID Connect Core §3.1.2.6, RFC 8628 §3.5, and codes of the known providers.
    private static readonly FrozenSet<string> Codes = new[]
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        AccessDenied,
        "server_error",
        "temporarily_unavailable",
        "interaction_required",
        "login_required",
        "consent_required",
        AuthorizationPending,
        SlowDown,
        ExpiredToken,
        "invalid_token",
        "insufficient_scope",
        "refresh_token_expired",
        "refresh_token_reused",
        "refresh_token_invalidated",
        RefreshTokenInvalid,
        "bad_refresh_token",
        "token_expired",
        "rate_limit_error",
        "rate_limit_exceeded",
        "rate_limited",
        "overloaded_error",
        "api_error",
        "authentication_error",
        "permission_error",
        "invalid_request_error",
        "not_found_error",
        "org_internal",
        "deleted_client",
        "disabled_client",
        "internal_failure",
    }.ToFrozenSet();

    // These codes refuse the refresh token for good, with any status.
    private static readonly FrozenSet<string> Final = new[]
    {
        "invalid_grant",
        "invalid_token",
        "refresh_token_expired",
        "refresh_token_reused",
        "refresh_token_invalidated",
        RefreshTokenInvalid,
        "bad_refresh_token",
        "interaction_required",
        "login_required",
        "consent_required",
    }.ToFrozenSet();

    /// <summary>Returns the code that a provider sent, when it is known; otherwise its HTTP status.</summary>
    public static string Of(string? code, int status) => IsKnown(code) ? code : $"http_{status}";

    /// <summary>Returns <see langword="true"/> when <paramref name="code"/> is a known code; otherwise <see langword="false"/>.</summary>
    public static bool IsKnown([NotNullWhen(true)] string? code) => code is not null && Codes.Contains(code);

    /// <summary>Returns <see langword="true"/> when <paramref name="code"/> means that only a new login helps; otherwise <see langword="false"/>.</summary>
    public static bool IsFinal(string? code) => code is not null && Final.Contains(code);

    /// <summary>Returns <see langword="true"/> when <paramref name="code"/> ends a device code; otherwise <see langword="false"/>.</summary>
    public static bool EndsDeviceCode(string? code) => code is AccessDenied or ExpiredToken;

    /// <summary>
    /// Returns <see langword="true"/> when <paramref name="code"/> refuses the settings of the provider, and not the token; otherwise <see langword="false"/>.
    /// </summary>
    public static bool IsOfOperator(string? code) => RefreshStatus.IsOfOperator(code);
}
