using Axvault.Client.Transport;

namespace Axvault.Client;

/// <summary>The call on the use of the broker. The calling key must grant <c>*</c>.</summary>
/// <example><code>var report = await vault.Usage.ReadAsync(by: "model");</code></example>
public sealed class UsageClient
{
    private readonly ApiTransport _transport;

    internal UsageClient(ApiTransport transport) => _transport = transport;

    /// <summary>Reads the calls and the tokens of the broker. They are kept for 400 days.</summary>
    /// <param name="by">The order of the sums: <c>day</c>, <c>key</c>, <c>credential</c>, <c>model</c> or <c>rule</c>.</param>
    /// <param name="from">The first day (UTC); <see langword="null"/> for 29 days before the last one.</param>
    /// <param name="to">The last day (UTC); <see langword="null"/> for today.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The sums.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>foreach (var sum in (await vault.Usage.ReadAsync(by: "key")).Usage) { … }</code></example>
    public Task<UsageReport> ReadAsync(
        string by = "day",
        DateOnly? from = null,
        DateOnly? to = null,
        CancellationToken cancellationToken = default
    ) =>
        _transport.SendAsync(
            ApiTransport.Request(HttpMethod.Get, Query.Of("usage", ("by", by), ("from", Query.Text(from)), ("to", Query.Text(to)))),
            ApiJsonContext.Default.UsageReport,
            cancellationToken
        );
}
