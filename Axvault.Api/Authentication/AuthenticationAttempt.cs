using Axvault.Api.Authorization;
using Axvault.Api.Keys;
using Axvault.Api.RateLimits;

namespace Axvault.Api.Authentication;

/// <summary>The authentication of one request, for the answer to a refusal and its audit entry.</summary>
internal sealed class AuthenticationAttempt
{
    /// <summary>The reason of a request without a key.</summary>
    public const string NoKey = "no API key was sent";

    /// <summary>The reason of a request with an unknown key.</summary>
    public const string UnknownKey = "the API key is not known";

    /// <summary>The reason of a refusal, for the audit log alone.</summary>
    public string Reason { get; set; } = NoKey;

    /// <summary>The key that was refused, if known, for the audit log alone.</summary>
    public Caller? Refused { get; set; }

    /// <summary><see langword="true"/> when the limit on failures has let the request through; otherwise <see langword="false"/>.</summary>
    public bool IsLetThrough { get; set; }

    /// <summary>The refusal by the limit on failures.</summary>
    public Refusal? Limited { get; set; }

    /// <summary>Returns the reason of a refusal by <paramref name="verdict"/>, for the audit log alone.</summary>
    public static string Describe(KeyVerdict verdict, KeyId key) =>
        verdict switch
        {
            KeyVerdict.Expired => $"the API key {key} has expired",
            KeyVerdict.Foreign => $"the row of the API key {key} in the database is not what a server has written",
            KeyVerdict.Elsewhere => $"the API key {key} may not be used from this address",
            _ => $"the secret of the API key {key} was replaced and is no longer valid",
        };
}
