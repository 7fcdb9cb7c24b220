using Axvault.Api.Http;

namespace Axvault.Api.Fleet;

/// <summary>The services of the view of the fleet.</summary>
internal static class FleetServices
{
    /// <summary>Adds the view of the fleet.</summary>
    public static IServiceCollection AddFleet(this IServiceCollection services) =>
        services.AddJsonContext(FleetJsonContext.Default).AddSingleton<ServerStore>().AddSingleton<FleetReader>();
}
