using Axvault.Api.Credentials.Batch;
using Axvault.Api.Credentials.Login;
using Axvault.Api.Credentials.Overview;
using Axvault.Api.Credentials.Versions;
using Axvault.Api.Http;

namespace Axvault.Api.Credentials;

/// <summary>The services of credentials.</summary>
internal static class CredentialServices
{
    /// <summary>Adds credentials, batch reads and credential versions.</summary>
    public static IServiceCollection AddCredentials(this IServiceCollection services) =>
        services
            .AddJsonContext(CredentialJsonContext.Default)
            .AddJsonContext(BatchJsonContext.Default)
            .AddJsonContext(VersionJsonContext.Default)
            .AddJsonContext(OverviewJsonContext.Default)
            .AddJsonContext(CredentialLoginJsonContext.Default)
            .AddSingleton<CredentialReader>()
            .AddSingleton<CredentialWriter>()
            .AddSingleton<BatchReader>()
            .AddSingleton<CredentialLister>()
            .AddSingleton<OverviewStore>()
            .AddSingleton<LoginSeal>()
            .AddSingleton<LoginSubjects>()
            .AddSingleton<LoginWriter>()
            .AddSingleton<UsedLoginStore>()
            .AddSingleton<CredentialLogin>()
            .AddSingleton<VersionStore>()
            .AddSingleton<VersionRestorer>()
            .AddSingleton<ChangeStore>()
            .AddSingleton<RestoreStore>()
            .AddHostedService<VersionMaintenance>();
}
