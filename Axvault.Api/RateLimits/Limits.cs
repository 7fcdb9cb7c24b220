using Axvault.Api.Authorization;

namespace Axvault.Api.RateLimits;

/// <summary>The limits of this server. Each server of the fleet counts for itself.</summary>
/// <remarks>
/// System.Threading.RateLimiting has no bound on the number of partitions and takes no TimeProvider. Its RetryAfter is a whole period, not the time left.
/// docs/operations/rate-limits.md describes the limits.
/// </remarks>
internal sealed class Limits
{
    /// <summary>The number of keys or addresses that each limit tells apart at a time; so many take about 10 MiB.</summary>
    public const int Capacity = 65_536;

    /// <summary>Creates unused limits.</summary>
    public Limits(RateLimitOptions options, TimeProvider time)
    {
        Addresses = new RequestLimit<ClientOrigin>(options.AddressRate, time);
        Keys = new RequestLimit<KeyId>(options.KeyRate, time);
        Failures = new FailureLimit(options.AuthenticationFailures, time);
    }

    /// <summary>The limit of requests from an address.</summary>
    public RequestLimit<ClientOrigin> Addresses { get; }

    /// <summary>The limit of requests with a key.</summary>
    public RequestLimit<KeyId> Keys { get; }

    /// <summary>The limit of failed authentications from an address.</summary>
    public FailureLimit Failures { get; }

    /// <summary>Forgets keys and addresses that were idle for a while.</summary>
    public void Sweep()
    {
        Addresses.Sweep();
        Keys.Sweep();
        Failures.Sweep();
    }
}
