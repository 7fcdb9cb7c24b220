using Axvault.Api.Http;

namespace Axvault.Api.Keys;

/// <summary>The services of API keys.</summary>
internal static class KeyServices
{
    /// <summary>Adds API keys.</summary>
    public static IServiceCollection AddKeys(this IServiceCollection services) =>
        services
            .AddJsonContext(KeyJsonContext.Default)
            .AddSingleton<KeyRowStore>()
            .AddSingleton<KeyStore>()
            .AddSingleton<KeyChangeStore>()
            .AddSingleton<KeyUsage>()
            .AddHostedService(static provider => provider.GetRequiredService<KeyUsage>());
}
