namespace Axvault.Client;

/// <summary>The kinds of failure of a call.</summary>
/// <example><code>catch (AxvaultException exception) when (exception.Error == AxvaultError.NotFound) { … }</code></example>
public enum AxvaultError
{
    /// <summary>The URL or the API key is missing or wrong.</summary>
    NotConfigured,

    /// <summary>The server does not answer.</summary>
    Unreachable,

    /// <summary>The API key is unknown, deleted or expired, or is used from another network. Status 401.</summary>
    Unauthorized,

    /// <summary>The API key may not do this. Status 403.</summary>
    Forbidden,

    /// <summary>The thing does not exist. Status 404.</summary>
    NotFound,

    /// <summary>The state of the vault does not allow it, or a condition does not hold. Status 409 or 412.</summary>
    Conflict,

    /// <summary>The request is wrong. <see cref="AxvaultException.Errors"/> names the fields. Any other status of 4xx.</summary>
    InvalidRequest,

    /// <summary>A limit is reached. <see cref="AxvaultException.RetryAfter"/> tells when to try again. Status 429.</summary>
    RateLimited,

    /// <summary>The provider did not refresh the credential. <see cref="AxvaultException.Reason"/> has its code. Status 502.</summary>
    RefreshFailed,

    /// <summary>The server cannot serve at present. Status 503.</summary>
    Unavailable,

    /// <summary>The answer is not one of an Axvault server.</summary>
    Unexpected,
}
