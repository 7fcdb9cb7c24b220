using Axvault.Api.Configuration;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Refresh.Spool;

namespace Axvault.Api.Refresh;

/// <summary>What refresh is made of.</summary>
internal static class RefreshServices
{
    /// <summary>Adds refresh.</summary>
    public static IServiceCollection AddRefresh(this IServiceCollection services, RefreshOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);

        services
            .AddSingleton(new ProviderCatalog(options.Providers))
            .AddSingleton<ClaimStore>()
            .AddSingleton<ExpiryStore>()
            .AddSingleton<TokenStore>()
            .AddSingleton<RefreshTelemetry>()
            .AddSingleton<TokenClient>()
            .AddSingleton<TokenSpool>()
            .AddSingleton<TokenDelivery>()
            .AddSingleton<RefreshFlight>()
            .AddSingleton<Refresher>();

        // Stopped in the reverse order: nothing new is swept when the last refreshes are waited for.
        services.AddHostedService(static provider => provider.GetRequiredService<Refresher>());
        services.AddHostedService<RefreshSweeper>();
        return services;
    }
}
