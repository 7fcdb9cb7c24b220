using Axvault.Client.Transport;

namespace Axvault.Client;

/// <summary>The calls on issuers of workloads' tokens. The calling key must grant <c>*</c>.</summary>
/// <example><code>var issuers = await vault.Issuers.ListAsync();</code></example>
public sealed class IssuersClient
{
    private readonly ApiTransport _transport;

    internal IssuersClient(ApiTransport transport) => _transport = transport;

    /// <summary>Lists the issuers.</summary>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The issuers, without their keys.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>var issuers = await vault.Issuers.ListAsync();</code></example>
    public async Task<IReadOnlyList<WorkloadIssuer>> ListAsync(CancellationToken cancellationToken = default) =>
        (await _transport.SendAsync(ApiTransport.Request(HttpMethod.Get, "issuers"), ApiJsonContext.Default.WorkloadIssuerList, cancellationToken)).Issuers;

    /// <summary>Reads an issuer.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The issuer with its keys.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>var issuer = await vault.Issuers.ReadAsync("github");</code></example>
    public Task<WorkloadIssuer> ReadAsync(string name, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(ApiTransport.Request(HttpMethod.Get, PathOf(name)), ApiJsonContext.Default.WorkloadIssuer, cancellationToken);

    /// <summary>Makes or replaces an issuer. A change ends the keys of its rules.</summary>
    /// <param name="name">The name.</param>
    /// <param name="issuer">The issuer.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The issuer.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>await vault.Issuers.PutAsync("github", new() { Issuer = "https://token.actions.githubusercontent.com" });</code></example>
    public Task<WorkloadIssuer> PutAsync(string name, WorkloadIssuerSettings issuer, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            // The type of the settings alone is written: an issuer that was read has members that the server does not take.
            ApiTransport.Request(HttpMethod.Put, PathOf(name), ApiTransport.Json(issuer, ApiJsonContext.Default.WorkloadIssuerSettings)),
            ApiJsonContext.Default.WorkloadIssuer,
            cancellationToken
        );

    /// <summary>Deletes an issuer, and ends the keys of its rules.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>A task that ends with the call.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>await vault.Issuers.DeleteAsync("github");</code></example>
    public Task DeleteAsync(string name, CancellationToken cancellationToken = default) =>
        _transport.RunAsync(ApiTransport.Request(HttpMethod.Delete, PathOf(name)), cancellationToken);

    private static string PathOf(string name) => ApiTransport.PathOf("issuers", name);
}

/// <summary>The issuers.</summary>
internal sealed record WorkloadIssuerList(IReadOnlyList<WorkloadIssuer> Issuers);
