using Axvault.Api.Authorization;
using Axvault.Api.Configuration;

namespace Axvault.Api.RateLimits;

/// <summary>The limits of this server. What other servers of the fleet count is not known here.</summary>
/// <remarks>
/// Not those of System.Threading.RateLimiting: they keep a limiter and a queue for each partition, as many as come, have a clock of their own, and do not know what to wait.
/// docs/rate-limits.md tells what is limited, and what is not.
/// </remarks>
internal sealed class Limits
{
    /// <summary>How many keys or addresses each limit tells apart at a time: some ten MiB, when there are as many.</summary>
    public const int Capacity = 65_536;

    /// <summary>Makes limits that nobody has used anything of.</summary>
    public Limits(AxvaultOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);

        Addresses = new RequestLimit<ClientOrigin>(options.RateLimits.AddressRate, time);
        Keys = new RequestLimit<KeyId>(options.RateLimits.KeyRate, time);
        Failures = new FailureLimit(options.RateLimits.AuthenticationFailures, time);
    }

    /// <summary>That of requests from an address.</summary>
    public RequestLimit<ClientOrigin> Addresses { get; }

    /// <summary>That of requests with a key.</summary>
    public RequestLimit<KeyId> Keys { get; }

    /// <summary>That of failed authentications from an address.</summary>
    public FailureLimit Failures { get; }

    /// <summary>Forgets whoever has used nothing of them for a while.</summary>
    public void Sweep()
    {
        Addresses.Sweep();
        Keys.Sweep();
        Failures.Sweep();
    }
}
