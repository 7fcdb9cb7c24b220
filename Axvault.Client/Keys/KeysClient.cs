using System.Text.Json;
using Axvault.Client.Transport;

namespace Axvault.Client;

/// <summary>The calls on API keys.</summary>
/// <example><code>var self = await vault.Keys.ReadSelfAsync();</code></example>
public sealed class KeysClient
{
    private readonly ApiTransport _transport;

    internal KeysClient(ApiTransport transport) => _transport = transport;

    /// <summary>Reads the key of this client: what it may do, and until when.</summary>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The key, with the version of the server.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>Console.WriteLine((await vault.Keys.ReadSelfAsync()).Name);</code></example>
    public Task<ApiKey> ReadSelfAsync(CancellationToken cancellationToken = default) => ReadAsync("self", cancellationToken);

    /// <summary>Ends the key of this client at once.</summary>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>A task that ends with the call.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>await vault.Keys.DeleteSelfAsync();</code></example>
    public Task DeleteSelfAsync(CancellationToken cancellationToken = default) =>
        _transport.RunAsync(ApiTransport.Request(HttpMethod.Delete, "keys/self"), cancellationToken);

    /// <summary>Lists the keys. The calling key must grant <c>*</c>.</summary>
    /// <param name="issued"><see langword="true"/> to list the keys of workloads, too; otherwise <see langword="false"/>.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The keys.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>var keys = await vault.Keys.ListAsync();</code></example>
    public async Task<IReadOnlyList<ApiKey>> ListAsync(bool issued = false, CancellationToken cancellationToken = default) =>
        (await ListAllAsync(issued, cancellationToken)).Keys;

    /// <summary>Lists the ids of keys whose rows no server of the vault has written. They do not work. The calling key must grant <c>*</c>.</summary>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The ids; empty when every row is as a server wrote it.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>foreach (var id in await vault.Keys.ListUnreadableAsync()) await vault.Keys.DeleteAsync(id);</code></example>
    public async Task<IReadOnlyList<string>> ListUnreadableAsync(CancellationToken cancellationToken = default) =>
        (await ListAllAsync(issued: true, cancellationToken)).Unreadable ?? [];

    /// <summary>Reads a key. The calling key must grant <c>*</c>.</summary>
    /// <param name="id">The id.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The key.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>var key = await vault.Keys.ReadAsync("k_3f9a1c20b7de");</code></example>
    public Task<ApiKey> ReadAsync(string id, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(ApiTransport.Request(HttpMethod.Get, PathOf(id)), ApiJsonContext.Default.ApiKey, cancellationToken);

    /// <summary>Makes a key. Its lists must be within the <c>grantAccess</c> of the calling key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The key with its secret, which is not shown again.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>var created = await vault.Keys.CreateAsync(new("CI") { ReadAccess = ["claude.*"] });</code></example>
    public Task<CreatedApiKey> CreateAsync(NewApiKey key, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiTransport.Request(HttpMethod.Post, "keys", ApiTransport.Json(key, ApiJsonContext.Default.NewApiKey)),
            ApiJsonContext.Default.CreatedApiKey,
            cancellationToken
        );

    /// <summary>Changes a key.</summary>
    /// <param name="id">The id.</param>
    /// <param name="change">The change.</param>
    /// <param name="force"><see langword="true"/> to change the last administrator's key, too; otherwise <see langword="false"/>.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The key.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>await vault.Keys.UpdateAsync(id, new() { ReadAccess = ["claude.ci"] });</code></example>
    public Task<ApiKey> UpdateAsync(string id, ApiKeyChange change, bool force = false, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            ApiTransport.Request(HttpMethod.Patch, PathOf(id) + Force(force), BodyOf(change)),
            ApiJsonContext.Default.ApiKey,
            cancellationToken
        );

    /// <summary>Gives a key a new secret.</summary>
    /// <param name="id">The id.</param>
    /// <param name="overlap">The time that the present secret stays valid, to the second; one day by default.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>The key with its new secret, which is not shown again.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>var rotated = await vault.Keys.RotateAsync(id, TimeSpan.Zero);</code></example>
    public Task<CreatedApiKey> RotateAsync(string id, TimeSpan? overlap = null, CancellationToken cancellationToken = default)
    {
        var body = overlap is { } time ? ApiTransport.Json(new KeyRotation((int)time.TotalSeconds), ApiJsonContext.Default.KeyRotation) : null;
        return _transport.SendAsync(
            ApiTransport.Request(HttpMethod.Post, PathOf(id) + "/rotate", body),
            ApiJsonContext.Default.CreatedApiKey,
            cancellationToken
        );
    }

    /// <summary>Deletes a key. It stops working at once, on every replica.</summary>
    /// <param name="id">The id.</param>
    /// <param name="force"><see langword="true"/> to delete the last administrator's key, too; otherwise <see langword="false"/>.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <returns>A task that ends with the call.</returns>
    /// <exception cref="AxvaultException">The call failed.</exception>
    /// <example><code>await vault.Keys.DeleteAsync("k_3f9a1c20b7de");</code></example>
    public Task DeleteAsync(string id, bool force = false, CancellationToken cancellationToken = default) =>
        _transport.RunAsync(ApiTransport.Request(HttpMethod.Delete, PathOf(id) + Force(force)), cancellationToken);

    private Task<ApiKeyList> ListAllAsync(bool issued, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiTransport.Request(HttpMethod.Get, issued ? "keys?issued=true" : "keys"),
            ApiJsonContext.Default.ApiKeyList,
            cancellationToken
        );

    // A null removes the expiry. Unset members are left out.
    private static HttpContent BodyOf(ApiKeyChange change)
    {
        var body = JsonSerializer.SerializeToNode(change, ApiJsonContext.Default.ApiKeyChange)!.AsObject();
        if (change.NeverExpires)
        {
            body["expiresAt"] = null;
        }

        return ApiTransport.Json(body, ApiJsonContext.Default.JsonObject);
    }

    private static string PathOf(string id) => ApiTransport.PathOf("keys", id);

    private static string Force(bool force) => force ? "?force=true" : "";
}

/// <summary>The keys.</summary>
internal sealed record ApiKeyList(IReadOnlyList<ApiKey> Keys, IReadOnlyList<string>? Unreadable);

/// <summary>The rotation of a secret.</summary>
internal sealed record KeyRotation(int OverlapSeconds);
