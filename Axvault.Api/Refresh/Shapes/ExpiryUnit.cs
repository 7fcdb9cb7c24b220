namespace Axvault.Api.Refresh.Shapes;

/// <summary>The unit of a field with the expiry of an access token. A value tells seconds from milliseconds since the Unix epoch by its size.</summary>
internal enum ExpiryUnit
{
    /// <summary>A time: seconds or milliseconds since the Unix epoch, or text. Without an old value it is written in seconds.</summary>
    EpochSeconds,

    /// <summary>As <see cref="EpochSeconds"/>, but written in milliseconds when there is no old value.</summary>
    EpochMilliseconds,

    /// <summary>Seconds since the token was issued (RFC 6749 §5.1).</summary>
    SecondsFromIssue,
}
