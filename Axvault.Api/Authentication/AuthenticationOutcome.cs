namespace Axvault.Api.Authentication;

/// <summary>The outcome of the authentication of a request.</summary>
internal enum AuthenticationOutcome
{
    /// <summary>The key is known.</summary>
    Success,

    /// <summary>A call that needs a key came without one.</summary>
    Missing,

    /// <summary>The header is not an API key: another scheme, or a secret with a wrong form or checksum.</summary>
    Malformed,

    /// <summary>The secret has the form of a key, and belongs to none: invented, or of a deleted key.</summary>
    Unknown,

    /// <summary>The secret is of a key that has expired, or a previous secret that no longer counts.</summary>
    Expired,

    /// <summary>The key may not be used from the client's address.</summary>
    Address,

    /// <summary>Too many authentications from the address had failed, and the key is not a valid one.</summary>
    Limited,

    /// <summary>The database did not answer.</summary>
    Error,
}
