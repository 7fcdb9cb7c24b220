using Axvault.Api.Audit.Reading;
using Axvault.Api.Audit.Verification;
using Axvault.Api.Chain;
using Axvault.Api.Database;
using Axvault.Api.Http;

namespace Axvault.Api.Audit;

/// <summary>The services of the audit log.</summary>
internal static class AuditServices
{
    /// <summary>Adds the audit log.</summary>
    public static IServiceCollection AddAudit(this IServiceCollection services, AuditOptions options)
    {
        services
            .AddSingleton(options)
            .AddJsonContext(AuditJsonContext.Default)
            .AddHttpContextAccessor()
            .AddSingleton<LaneStore>()
            .AddSingleton<EntryAppend>()
            .AddSingleton<AuditNoteStore>()
            .AddSingleton<AuditMonthStore>()
            .AddSingleton<AuditReadStore>()
            .AddSingleton<ChainKeyStore>()
            .AddSingleton<ChainKeyRing>()
            .AddSingleton<DatabaseClock>()
            .AddSingleton<StatementPreparation>()
            .AddSingleton<AuditState>()
            .AddSingleton<AuditTelemetry>()
            .AddSingleton<AuditSource>()
            .AddSingleton<AuditQueue>()
            .AddSingleton<AuditBlockage>()
            .AddSingleton<RollbackAlarm>()
            .AddSingleton<Checkpoints>()
            .AddSingleton<LanePool>()
            .AddSingleton<LaneSettlement>()
            .AddSingleton<GroupAppender>()
            .AddSingleton<AuditLines>()
            .AddSingleton<ChangeNotes>()
            .AddSingleton<ChangeFaults>()
            .AddSingleton<ChangeCommitter>()
            .AddSingleton<Ledger>()
            .AddSingleton<ChangeGroups>()
            .AddSingleton<AuditGroupWriter>()
            .AddSingleton<AuditWriter>()
            .AddSingleton<AuditLog>()
            .AddSingleton<LeftNotes>()
            .AddSingleton<KeyRetirement>()
            .AddSingleton<AuditRetention>()
            .AddSingleton<AuditAnchors>()
            .AddSingleton<AuditVerifier>();

        // Services stop in the reverse order: the writer stops after the entries of all others, and the lanes are closed last.
        services.AddHostedService<LedgerStop>();
        services.AddHostedService(static provider => provider.GetRequiredService<AuditWriter>());
        services.AddHostedService<AuditMaintenance>();
        services.AddHostedService<LedgerMaintenance>();
        services.AddHealthChecks().AddCheck<AuditState>("audit");
        return services;
    }
}
