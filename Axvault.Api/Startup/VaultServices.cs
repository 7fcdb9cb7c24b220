using System.Diagnostics;
using Axvault.Api.Audit;
using Axvault.Api.Authentication;
using Axvault.Api.Configuration;
using Axvault.Api.Confirmation;
using Axvault.Api.Credentials;
using Axvault.Api.Credentials.Batch;
using Axvault.Api.Credentials.Versions;
using Axvault.Api.Encryption;
using Axvault.Api.Keys;
using Axvault.Api.Migrations;
using Axvault.Api.RateLimits;
using Axvault.Api.Refresh;
using Axvault.Api.Rotation;
using Axvault.Api.Telemetry;
using Axvault.Api.Tls;

namespace Axvault.Api.Startup;

/// <summary>What the server is made of.</summary>
internal static class VaultServices
{
    /// <summary>Adds the database, the vault and what speaks to them.</summary>
    public static void AddVault(this WebApplicationBuilder builder, AxvaultOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);

        builder.AddNpgsqlDataSource(
            AxvaultOptionsReader.ConnectionName,
            settings =>
            {
                settings.ConnectionString = options.Database.Reveal();
                settings.DisableTracing = !ServiceDefaults.Telemetry.IsExported(builder.Configuration);
            },
            static database =>
            {
                // The pool's name in metrics, which otherwise is the connection string.
                database.Name = AxvaultOptionsReader.ConnectionName;
                // What the server does by itself, each second, is no trace of anybody's.
                database.ConfigureTracing(static tracing => tracing
                    .ConfigureCommandFilter(static _ => Activity.Current is not null)
                    .ConfigureBatchFilter(static _ => Activity.Current is not null));
            });
        builder.Services
            .AddSingleton(options)
            .AddSingleton(TimeProvider.System)
            .AddAudit()
            .AddRateLimits()
            .AddSingleton<ConfirmationTelemetry>()
            .AddSingleton<RowMemory>()
            .AddSingleton<KeyStore>()
            .AddSingleton<KeyUsage>()
            .AddHostedService(static provider => provider.GetRequiredService<KeyUsage>())
            .AddSingleton<EncryptionTelemetry>()
            .AddSingleton<CredentialTelemetry>()
            .AddSingleton<CredentialStore>()
            .AddSingleton<CredentialLoader>()
            .AddSingleton<CredentialOpener>()
            .AddSingleton<CredentialReader>()
            .AddSingleton<CredentialWriter>()
            .AddSingleton<BatchReader>()
            .AddSingleton<VersionStore>()
            .AddSingleton<ChangeStore>()
            .AddHostedService<VersionMaintenance>()
            .AddSingleton<VaultStore>()
            .AddSingleton<Vault>()
            .AddSingleton<Migrator>()
            .AddSingleton<DatabaseWait>()
            .AddSingleton<Bootstrap>()
            .AddSingleton<StartupAudit>()
            .AddSingleton<VaultReadiness>()
            .AddSingleton<TlsTelemetry>()
            .AddVaultTelemetry()
            .AddHostedService<VaultStartup>()
            .AddHostedService<VaultShutdown>()
            .AddRotation()
            .AddRefresh(options.Refresh)
            .AddApiKeyAuthentication();

        builder.Services.AddHealthChecks().AddCheck<VaultReadiness>("readiness");

        // A stop finishes what is in flight, a refresh included.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownDelay + options.Refresh.Timeout + TimeSpan.FromSeconds(15));
    }
}
