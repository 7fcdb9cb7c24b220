using System.Globalization;
using System.Reflection;
using Axvault.Api.Audit;
using Npgsql;

namespace Axvault.Api.Startup;

/// <summary>Records that a server has migrated the schema and started.</summary>
internal sealed partial class StartupAudit(AuditNoteStore notes, AuditLog audit, AuditSource source, ILogger<StartupAudit> logger)
{
    /// <summary>Records it; when that cannot be done now, the server starts all the same, and is not ready until it can.</summary>
    /// <param name="migrations">How many migrations have run.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    public async Task RecordAsync(int migrations, CancellationToken cancellationToken)
    {
        var version = Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        await RecordAsync(AuditAction.SchemaMigrate, string.Create(CultureInfo.InvariantCulture, $"{migrations} migrations"), cancellationToken);
        await RecordAsync(AuditAction.ServerStart, $"version {version}", cancellationToken);
    }

    private async Task RecordAsync(string action, string reason, CancellationToken cancellationToken)
    {
        var note = source.Note(action, AuditOutcome.Success, reason);
        try
        {
            await notes.WriteAsync(note, cancellationToken);
            await audit.TryRecordAsync(note);
        }
        catch (PostgresException exception)
        {
            Log.NotNoted(logger, action, exception.MessageText);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Action} cannot be noted for the audit log: {Reason}")]
        public static partial void NotNoted(ILogger logger, string action, string reason);
    }
}
