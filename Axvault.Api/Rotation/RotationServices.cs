
namespace Axvault.Api.Rotation;

/// <summary>The services of key rotation.</summary>
internal static class RotationServices
{
    /// <summary>Adds the rotation.</summary>
    public static IServiceCollection AddRotation(this IServiceCollection services)
    {
        services
            .AddSingleton<FleetMembership>()
            .AddSingleton<RotationStore>()
            .AddSingleton<SealedRowStore>()
            .AddSingleton<RowSealer>()
            .AddSingleton<RotationBatches>()
            .AddSingleton<RotationJournal>()
            .AddSingleton<KekCensusTaker>()
            .AddSingleton<KeyRotator>();

        // Services stop in the reverse order: a server is a member of the fleet as long as it may read and write.
        services.AddHostedService(static provider => provider.GetRequiredService<FleetMembership>());
        services.AddHostedService<KeyRotation>();
        return services;
    }
}
