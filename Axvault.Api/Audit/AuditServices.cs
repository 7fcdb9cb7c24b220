using Axvault.Api.Audit.Chain;
using Axvault.Api.Audit.Reading;
using Axvault.Api.Audit.Verification;

namespace Axvault.Api.Audit;

/// <summary>What the audit log is made of.</summary>
internal static class AuditServices
{
    /// <summary>Adds the audit log.</summary>
    public static IServiceCollection AddAudit(this IServiceCollection services)
    {
        services
            .AddHttpContextAccessor()
            .AddSingleton<AuditHeadStore>()
            .AddSingleton<AuditAppendStore>()
            .AddSingleton<AuditNoteStore>()
            .AddSingleton<AuditMonthStore>()
            .AddSingleton<AuditReadStore>()
            .AddSingleton<AuditKeyStore>()
            .AddSingleton<AuditVault>()
            .AddSingleton<AuditClock>()
            .AddSingleton<AuditState>()
            .AddSingleton<AuditTelemetry>()
            .AddSingleton<AuditSource>()
            .AddSingleton<AuditQueue>()
            .AddSingleton<AuditAppender>()
            .AddSingleton<AuditWriter>()
            .AddSingleton<AuditLog>()
            .AddSingleton<AuditMaintenance>()
            .AddSingleton<AuditVerifier>();

        // Stopped in the reverse order: the writer last, when everything else has said what it did.
        services.AddHostedService(static provider => provider.GetRequiredService<AuditWriter>());
        services.AddHostedService(static provider => provider.GetRequiredService<AuditMaintenance>());
        services.AddHealthChecks().AddCheck<AuditState>("audit");
        return services;
    }
}
