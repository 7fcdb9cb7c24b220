using Axvault.Client.Transport;

namespace Axvault.Client;

/// <summary>The call on the servers of the vault. The calling key must grant <c>*</c>.</summary>
/// <example><code>var fleet = await vault.Servers.ReadAsync();</code></example>
public sealed class ServersClient
{
    private readonly ApiTransport _transport;

    internal ServersClient(ApiTransport transport) => _transport = transport;

    /// <summary>Reads the servers, the progress of a change of the encryption key, and the state of the audit log.</summary>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The state of the fleet.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>foreach (var server in (await vault.Servers.ReadAsync()).Servers) Console.WriteLine(server.Name);</code></example>
    public Task<VaultFleet> ReadAsync(CancellationToken cancellationToken = default) =>
        _transport.SendAsync(ApiTransport.Request(HttpMethod.Get, "servers"), ApiJsonContext.Default.VaultFleet, cancellationToken);
}
