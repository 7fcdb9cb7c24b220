using Axvault.Api.Settings;

namespace Axvault.Api.RateLimits;

/// <summary>The settings of the rate limits. Zero disables a limit.</summary>
internal sealed record RateLimitOptions
{
    public static readonly Setting KeyRateSetting = new(
        "AXVAULT_RATE_LIMIT_KEY",
        "--rate-limit-key",
        "500",
        "Sustained rate of requests with one API key, per second; a burst may be ten times as many. 0 disables the limit."
    );

    public static readonly Setting AddressRateSetting = new(
        "AXVAULT_RATE_LIMIT_ADDRESS",
        "--rate-limit-address",
        "2000",
        "Sustained rate of requests from one address, per second; a burst may be ten times as many. 0 disables the limit."
    );

    public static readonly Setting AuthenticationFailuresSetting = new(
        "AXVAULT_AUTH_FAILURE_LIMIT",
        "--auth-failure-limit",
        "20",
        "Number of failed authentications from one address, per minute, before it is slowed down. 0 disables the limit."
    );

    private const int MaxRate = 1_000_000;

    /// <summary>The sustained rate of requests with one API key, per second; a burst may be ten times as many.</summary>
    public required int KeyRate { get; init; }

    /// <summary>The sustained rate of requests from one address, per second; a burst may be ten times as many.</summary>
    public required int AddressRate { get; init; }

    /// <summary>The number of failed authentications from one address, per minute, before it is slowed down.</summary>
    public required int AuthenticationFailures { get; init; }

    /// <summary>Reads the settings.</summary>
    public static RateLimitOptions Read(SettingReader settings) =>
        new()
        {
            KeyRate = settings.Number(KeyRateSetting, 0, MaxRate),
            AddressRate = settings.Number(AddressRateSetting, 0, MaxRate),
            AuthenticationFailures = settings.Number(AuthenticationFailuresSetting, 0, MaxRate),
        };
}
