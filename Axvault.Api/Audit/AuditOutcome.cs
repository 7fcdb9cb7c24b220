namespace Axvault.Api.Audit;

/// <summary>How it ended.</summary>
internal enum AuditOutcome
{
    /// <summary>It was done.</summary>
    Success,

    /// <summary>It was refused: the caller may not, or is not known.</summary>
    Denied,

    /// <summary>It was tried, and failed: the request, a provider or a setting is in the way.</summary>
    Failure,
}

/// <summary>The names of outcomes, in the store and in the API.</summary>
internal static class AuditOutcomes
{
    /// <summary>The name of <paramref name="outcome"/>.</summary>
    public static string Name(this AuditOutcome outcome) => outcome switch
    {
        AuditOutcome.Success => "success",
        AuditOutcome.Denied => "denied",
        _ => "failure",
    };

    /// <summary>The outcome of an answer with <paramref name="status"/>.</summary>
    public static AuditOutcome Of(int status) => status switch
    {
        < StatusCodes.Status400BadRequest => AuditOutcome.Success,
        StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status429TooManyRequests => AuditOutcome.Denied,
        _ => AuditOutcome.Failure,
    };
}
