namespace Axvault.Api.Refresh.Shapes;

/// <summary>The unit of a field with the expiry of an access token.</summary>
internal enum ExpiryUnit
{
    /// <summary>Milliseconds since the Unix epoch.</summary>
    EpochMilliseconds,

    /// <summary>Seconds or milliseconds since the Unix epoch, told apart by size, or a time of RFC 3339.</summary>
    EpochOrText,

    /// <summary>Seconds since the token was issued (RFC 6749 §5.1).</summary>
    SecondsFromIssue,
}
