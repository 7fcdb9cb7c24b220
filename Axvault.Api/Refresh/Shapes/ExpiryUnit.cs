namespace Axvault.Api.Refresh.Shapes;

/// <summary>How a field says when an access token expires.</summary>
internal enum ExpiryUnit
{
    /// <summary>Milliseconds since the Unix epoch.</summary>
    EpochMilliseconds,

    /// <summary>Seconds or milliseconds since the Unix epoch, which the size of the number tells, or a time of RFC 3339.</summary>
    EpochOrText,

    /// <summary>Seconds from when the token was issued (RFC 6749 §5.1).</summary>
    SecondsFromIssue,
}
