using Axvault.Api.Encryption;

namespace Axvault.Api.Rotation;

/// <summary>What the rotation of the encryption key is made of.</summary>
internal static class RotationServices
{
    /// <summary>Adds the rotation.</summary>
    public static IServiceCollection AddRotation(this IServiceCollection services)
    {
        services
            .AddSingleton<FleetStore>()
            .AddSingleton<FleetMembership>()
            .AddSingleton<RotationStore>()
            .AddSingleton<KeyRotator>();

        // Stopped in the reverse order: a server counts as long as it may still read and write.
        services.AddHostedService(static provider => provider.GetRequiredService<FleetMembership>());
        services.AddHostedService<KeyRotation>();
        return services;
    }
}
