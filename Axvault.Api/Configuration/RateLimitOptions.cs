namespace Axvault.Api.Configuration;

/// <summary>How much of it a server takes. Zero is no limit.</summary>
internal sealed record RateLimitOptions
{
    /// <summary>Requests a second that an API key may make in the long run; ten times as many at once.</summary>
    public required int KeyRate { get; init; }

    /// <summary>Requests a second that may come from an address in the long run; ten times as many at once.</summary>
    public required int AddressRate { get; init; }

    /// <summary>Failed authentications a minute from an address, after which it is backed off.</summary>
    public required int AuthenticationFailures { get; init; }
}
