namespace Axvault.Api.Audit.Reading;

/// <summary>The number of entries in a part of time.</summary>
/// <param name="Start">The start of the part.</param>
/// <param name="Success">The number with the outcome <c>success</c>.</param>
/// <param name="Denied">The number with the outcome <c>denied</c>.</param>
/// <param name="Failure">The number with the outcome <c>failure</c>.</param>
/// <param name="Reads">The number of successful reads and uses of credentials.</param>
internal sealed record AuditCount(DateTimeOffset Start, long Success, long Denied, long Failure, long Reads);
