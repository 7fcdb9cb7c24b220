using Axvault.Api.Federation.Exchange;
using Axvault.Api.Federation.Issuers;
using Axvault.Api.Federation.KeySets;
using Axvault.Api.Federation.Rules;
using Axvault.Api.Http;

namespace Axvault.Api.Federation;

/// <summary>The services of workload identity.</summary>
internal static class FederationServices
{
    /// <summary>Adds workload identity.</summary>
    public static IServiceCollection AddFederation(this IServiceCollection services, FederationOptions options) =>
        services
            .AddSingleton(options)
            .AddJsonContext(IssuerJsonContext.Default)
            .AddJsonContext(RuleJsonContext.Default)
            .AddJsonContext(ExchangeJsonContext.Default)
            .AddJsonContext(OAuthJsonContext.Default)
            .AddSingleton<FederationTelemetry>()
            .AddSingleton<SealedRowStore>()
            .AddSingleton<IssuedKeyStore>()
            .AddSingleton<IssuerHttp>()
            .AddSingleton<KeySetClient>()
            .AddSingleton<KeySetStore>()
            .AddSingleton<IssuerStore>()
            .AddSingleton<IssuerKeys>()
            .AddSingleton<RuleStore>()
            .AddSingleton<TokenJudge>()
            .AddSingleton<ExchangeStore>()
            .AddSingleton<Exchanger>()
            .AddSingleton<ExchangeRefusals>()
            .AddHostedService<FederationMaintenance>();
}
