namespace Axvault.Tests.Harness.Leaks;

/// <summary>The ways by which a secret could leave a server.</summary>
internal enum EmissionChannel : byte
{
    /// <summary>A line on standard output: the log.</summary>
    Output,

    /// <summary>A line on standard error.</summary>
    Errors,

    /// <summary>An export over OTLP: spans, metrics or logs.</summary>
    Telemetry,

    /// <summary>A refusal: problem details.</summary>
    Problem,

    /// <summary>A row of the audit log.</summary>
    Audit,

    /// <summary>A line of PostgreSQL's own log.</summary>
    DatabaseLog,

    /// <summary>A backup of the database.</summary>
    Backup,
}
