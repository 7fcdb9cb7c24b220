namespace Axvault.Api.RateLimits;

/// <summary>Marks a request whose attempt the limit on failures has let through. A backed-off address has one attempt, so it is not asked for again.</summary>
internal sealed class AdmittedAttempt
{
    /// <summary>The mark.</summary>
    public static readonly AdmittedAttempt Instance = new();

    private AdmittedAttempt() { }
}
