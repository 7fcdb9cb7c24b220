using System.Collections.Concurrent;
using System.Net;
using Axvault.Hosting.Http;

namespace Axvault.Hosting.Keys;

/// <summary>The API keys that the AppHost makes for projects. Each can only read, and only what the AppHost says.</summary>
/// <param name="folder">The folder that keeps the keys for the next start; <c>null</c> to keep them in memory.</param>
/// <param name="session">The calls with the key of the AppHost.</param>
internal sealed class ReaderKeys(string? folder, VaultSession session) : IDisposable
{
    private readonly ConcurrentDictionary<string, KeptKey> _kept = new();

    // A project's environment asks for its key several times at once. Only one key is made.
    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>Returns the secret of the key <paramref name="name"/>, which then reads exactly <paramref name="readAccess"/>.</summary>
    /// <exception cref="VaultApiException">No key of the AppHost is known, the server is not running, or it refuses.</exception>
    public async Task<string> GetAsync(string name, string[] readAccess, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var kept = _kept.GetOrAdd(name, FileOf);
            var request = new KeyRequest($"Aspire {name}", readAccess, [], []);
            return await ChangeAsync(kept, request, cancellationToken) ?? await CreateAsync(kept, request, cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _gate.Dispose();

    private KeptKey FileOf(string name) => new(folder is null ? null : Path.Combine(folder, $"reader-{name}"));

    // Returns null when nothing is kept, or when the vault no longer has the key.
    private async Task<string?> ChangeAsync(KeptKey kept, KeyRequest request, CancellationToken cancellationToken)
    {
        if (kept.Reveal()?.Split('\n') is not [var id, var secret])
        {
            return null;
        }

        try
        {
            // The access in the AppHost's program may have changed since the key was made.
            await session.SendAsync(
                HttpMethod.Patch,
                $"/api/v1/keys/{id}",
                request,
                VaultApiJson.Default.KeyRequest,
                VaultApiJson.Default.JsonElement,
                cancellationToken
            );
            return secret;
        }
        catch (VaultApiException exception) when (exception.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private async Task<string> CreateAsync(KeptKey kept, KeyRequest request, CancellationToken cancellationToken)
    {
        var created = await session.SendAsync(
            HttpMethod.Post,
            "/api/v1/keys",
            request,
            VaultApiJson.Default.KeyRequest,
            VaultApiJson.Default.CreatedKey,
            cancellationToken
        );
        kept.Keep($"{created.Id}\n{created.Secret}");
        return created.Secret;
    }
}
