using Axvault.Api.Refresh.Grants;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Refresh.Spool;

namespace Axvault.Api.Refresh;

/// <summary>The services of refresh.</summary>
internal static class RefreshServices
{
    /// <summary>Adds refresh.</summary>
    public static IServiceCollection AddRefresh(this IServiceCollection services, RefreshOptions options)
    {
        services
            .AddSingleton(options)
            .AddSingleton(new ProviderCatalog(options.Providers))
            .AddSingleton<RefreshTokenMarks>()
            .AddSingleton<ClaimStore>()
            .AddSingleton<ExpiryStore>()
            .AddSingleton<TokenStore>()
            .AddSingleton<RefreshTelemetry>()
            .AddSingleton<TokenClient>()
            .AddSingleton<TokenSpool>()
            .AddSingleton<TokenDelivery>()
            .AddSingleton<UnreadAnswerStore>()
            .AddSingleton<UnreadAnswers>()
            .AddSingleton<RefreshReview>()
            .AddSingleton<RefreshClaims>()
            .AddSingleton<RefreshSuccess>()
            .AddSingleton<RefreshFailure>()
            .AddSingleton<RefreshAttempt>()
            .AddSingleton<RefreshFlight>()
            .AddSingleton<CredentialCensusTaker>()
            .AddSingleton<ExpirySweep>()
            .AddSingleton<Refresher>();

        // Services stop in the reverse order: the sweep starts nothing new while the last refreshes are awaited.
        services.AddHostedService(static provider => provider.GetRequiredService<Refresher>());
        services.AddHostedService<RefreshSweeper>();
        return services;
    }
}
