namespace Axvault.Api.ReadCache;

/// <summary>The services of the read cache.</summary>
internal static class ReadCacheServices
{
    /// <summary>Adds the read cache.</summary>
    public static IServiceCollection AddReadCache(this IServiceCollection services, ReadCacheOptions options) =>
        services.AddSingleton(options).AddSingleton<ReadCacheTelemetry>().AddSingleton<RowCache>();
}
