namespace Axvault.Api.Audit;

/// <summary>How it ended.</summary>
internal enum AuditOutcome
{
    /// <summary>It was done.</summary>
    Success,

    /// <summary>It was refused: the caller may not, or is not known.</summary>
    Denied,

    /// <summary>It was tried, and failed: a provider or a setting is in the way.</summary>
    Failure,
}
