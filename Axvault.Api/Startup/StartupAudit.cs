using System.Globalization;
using Axvault.Api.Audit;
using Axvault.Api.Chain;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Startup;

/// <summary>The audit log at the start of a server.</summary>
internal sealed class StartupAudit(ChainKeyRing chainKeys, AuditLog audit, AuditSource source)
{
    /// <summary>Opens the keys of the ledger.</summary>
    public Task OpenAsync(CancellationToken cancellationToken) => chainKeys.OpenAsync(cancellationToken);

    /// <summary>Records the migration and the start. When the log cannot be written, the server starts anyway and is not ready until it can.</summary>
    /// <param name="migrations">The number of migrations.</param>
    public async Task RecordAsync(int migrations)
    {
        await audit.RecordSoonAsync(Describe(AuditAction.SchemaMigrate, string.Create(CultureInfo.InvariantCulture, $"{migrations} migrations")));
        await audit.RecordSoonAsync(Describe(AuditAction.ServerStart, $"version {ServerVersion.Text}"));
    }

    private AuditEntry Describe(string action, string reason) => source.Describe(action, AuditOutcome.Success, reason);
}
