namespace Axvault.Api.Authentication;

/// <summary>What came of the API key of a request.</summary>
internal enum AuthenticationOutcome
{
    /// <summary>The key is known.</summary>
    Success,

    /// <summary>None was sent, to a call that needs one.</summary>
    Missing,

    /// <summary>What was sent is no API key: another scheme, or a secret whose form or checksum is wrong.</summary>
    Malformed,

    /// <summary>It has the form of a key, and belongs to none: made up, or deleted.</summary>
    Unknown,

    /// <summary>It was a key's, which has expired, or whose secret was replaced and has stopped.</summary>
    Expired,

    /// <summary>It is a key's that may not be used from where the request came from.</summary>
    Address,

    /// <summary>It was not looked for: too many authentications from the address had failed, and it is not remembered.</summary>
    Limited,

    /// <summary>The database could not tell.</summary>
    Error,
}
