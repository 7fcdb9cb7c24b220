using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;

namespace Axvault.ServiceDefaults;

/// <summary>The resilience of outgoing HTTP calls.</summary>
public static class HttpResilience
{
    /// <summary>Gives every <see cref="HttpClient"/> time limits, a circuit breaker and retries.</summary>
    /// <remarks>Only safe methods (RFC 9110 §9.2.1) are retried: a retried POST could send a single-use refresh token twice.</remarks>
    public static IServiceCollection AddHttpResilience(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);

        return services.ConfigureHttpClientDefaults(static client =>
            client.AddStandardResilienceHandler(static options => options.Retry.DisableForUnsafeHttpMethods())
        );
    }
}
