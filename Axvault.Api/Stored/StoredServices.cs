namespace Axvault.Api.Stored;

/// <summary>The services of stored credentials.</summary>
internal static class StoredServices
{
    /// <summary>Adds stored credentials.</summary>
    public static IServiceCollection AddStoredCredentials(this IServiceCollection services, VersionOptions options) =>
        services
            .AddSingleton(options)
            .AddSingleton<CredentialTelemetry>()
            .AddSingleton<CredentialStore>()
            .AddSingleton<CredentialListStore>()
            .AddSingleton<CredentialLoader>()
            .AddSingleton<CredentialOpener>();
}
