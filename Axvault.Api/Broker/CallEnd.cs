using Axvault.Api.Broker.Usage;

namespace Axvault.Api.Broker;

/// <summary>The end of a call.</summary>
/// <param name="Status">The status of the answer that the client got.</param>
/// <param name="Bytes">The bytes of the body of the upstream's answer.</param>
/// <param name="Duration">The time from the audit entry of the call to its end.</param>
/// <param name="Fault">The reason for which the answer is not the whole answer of the upstream; <see langword="null"/> when it is.</param>
/// <param name="Usage">The use of tokens, as the answer told it; <see langword="null"/> when it told nothing.</param>
internal sealed record CallEnd(int Status, long Bytes, TimeSpan Duration, string? Fault, TokenUsage? Usage);
