namespace Axvault.Api.Chain;

/// <summary>The outcome of an action.</summary>
internal enum AuditOutcome
{
    /// <summary>The action was done.</summary>
    Success,

    /// <summary>The action was refused: the caller is unknown or may not.</summary>
    Denied,

    /// <summary>The action was tried and failed, because of the request, a provider or a setting.</summary>
    Failure,
}

/// <summary>The names of outcomes, in the store and in the API.</summary>
internal static class AuditOutcomes
{
    /// <summary>Returns the name of <paramref name="outcome"/>.</summary>
    public static string Name(this AuditOutcome outcome) =>
        outcome switch
        {
            AuditOutcome.Success => "success",
            AuditOutcome.Denied => "denied",
            _ => "failure",
        };

    /// <summary>Returns the outcome of an answer with <paramref name="status"/>.</summary>
    public static AuditOutcome Of(int status) =>
        status switch
        {
            < StatusCodes.Status400BadRequest => AuditOutcome.Success,
            StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status429TooManyRequests => AuditOutcome.Denied,
            _ => AuditOutcome.Failure,
        };
}
