namespace Axvault.Api.Encryption;

/// <summary>The services of encryption.</summary>
internal static class EncryptionServices
{
    /// <summary>Adds the vault and its keys.</summary>
    public static IServiceCollection AddEncryption(this IServiceCollection services, EncryptionOptions options) =>
        services
            .AddSingleton(options)
            .AddSingleton<EncryptionTelemetry>()
            .AddSingleton<VaultStore>()
            .AddSingleton<FleetStore>()
            .AddSingleton<Vault>()
            .AddSingleton<TextSeal>();
}
