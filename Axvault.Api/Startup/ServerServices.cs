using Axvault.Api.Audit;
using Axvault.Api.Authentication;
using Axvault.Api.Broker;
using Axvault.Api.WebConsole;
using Axvault.Api.Credentials;
using Axvault.Api.Database;
using Axvault.Api.Encryption;
using Axvault.Api.Federation;
using Axvault.Api.Fleet;
using Axvault.Api.Keys;
using Axvault.Api.Lifetime;
using Axvault.Api.RateLimits;
using Axvault.Api.ReadCache;
using Axvault.Api.Refresh;
using Axvault.Api.Rotation;
using Axvault.Api.Stored;
using Axvault.Api.Telemetry;
using Axvault.Api.Tls;

namespace Axvault.Api.Startup;

/// <summary>The composition of the server from its features.</summary>
internal static class ServerServices
{
    private static readonly TimeSpan StopReserve = TimeSpan.FromSeconds(15);

    /// <summary>Adds every feature. Hosted services stop in the reverse order.</summary>
    public static void AddServer(this WebApplicationBuilder builder, AxvaultOptions options)
    {
        builder.AddDatabase(options.Database);
        builder
            .Services.AddSingleton(TimeProvider.System)
            .AddTls(options.Listener.Tls)
            .AddEncryption(options.Encryption)
            .AddStoredCredentials(options.Versions)
            .AddAudit(options.Audit)
            .AddRateLimits(options.RateLimits)
            .AddReadCache(options.ReadCache)
            .AddKeys()
            .AddCredentials()
            .AddStartup(options.Bootstrap)
            .AddServerTelemetry()
            .AddRotation()
            .AddRefresh(options.Refresh)
            .AddFleet()
            .AddFederation(options.Federation)
            .AddBroker(options.Broker, options.Listener.ShutdownDelay)
            .AddConsole(options.Console)
            .AddApiKeyAuthentication();

        // A stop waits for requests in flight, for their refreshes, and for calls of the broker.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Listener.ShutdownDelay + Longest(options) + StopReserve);
    }

    private static TimeSpan Longest(AxvaultOptions options) =>
        options.Refresh.Timeout > options.Broker.ShutdownGrace ? options.Refresh.Timeout : options.Broker.ShutdownGrace;

    private static IServiceCollection AddStartup(this IServiceCollection services, BootstrapOptions bootstrap)
    {
        services
            .AddSingleton<DatabaseWait>()
            .AddSingleton<DatabaseSetup>()
            .AddSingleton(bootstrap)
            .AddSingleton<Bootstrap>()
            .AddSingleton<StartupAudit>()
            .AddSingleton<ServerReadiness>()
            .AddHostedService<StartupWarnings>()
            .AddHostedService<ServerStartup>()
            .AddHostedService<ServerShutdown>()
            .AddHealthChecks()
            .AddCheck<ServerReadiness>("readiness");
        return services;
    }
}
