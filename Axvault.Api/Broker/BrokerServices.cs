using Axvault.Api.Broker.Forwarding;
using Axvault.Api.Broker.Limits;
using Axvault.Api.Broker.Running;
using Axvault.Api.Broker.Upstreams;
using Axvault.Api.Broker.Usage;
using Axvault.Api.Http;

namespace Axvault.Api.Broker;

/// <summary>The services of the broker.</summary>
internal static class BrokerServices
{
    /// <summary>Adds the broker.</summary>
    /// <param name="services">The services.</param>
    /// <param name="options">The settings.</param>
    /// <param name="shutdownDelay">The time that a stopping server still serves, before the grace of running calls begins.</param>
    public static IServiceCollection AddBroker(this IServiceCollection services, BrokerOptions options, TimeSpan shutdownDelay)
    {
        services.AddHttpForwarder();
        return services
            .AddSingleton(options)
            .AddJsonContext(UsageJsonContext.Default)
            .AddSingleton<BrokerTelemetry>()
            .AddSingleton<UpstreamCatalog>()
            .AddSingleton<UpstreamConnections>()
            .AddSingleton<CallPlanner>()
            .AddSingleton<CallRenewal>()
            .AddSingleton<CallForwarder>()
            .AddSingleton<RunningCalls>()
            .AddSingleton<CallStore>()
            .AddSingleton<UsageCounter>()
            .AddSingleton<UsageStore>()
            .AddSingleton<UseLimits>()
            .AddSingleton<CallRecorder>()
            .AddHostedService<UsageWriting>()
            .AddHostedService(static provider => provider.GetRequiredService<CallRecorder>())
            .AddHostedService<CallWatch>()
            .AddHostedService(provider =>
                new BrokerStop(provider.GetRequiredService<RunningCalls>(), shutdownDelay + options.ShutdownGrace, provider.GetRequiredService<TimeProvider>())
            );
    }
}
