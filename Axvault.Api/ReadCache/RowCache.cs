using System.Diagnostics.CodeAnalysis;
using Axvault.Api.Audit;
using Axvault.Api.Keys;
using Axvault.Api.Stored;
using BitFaster.Caching.Lru;

namespace Axvault.Api.ReadCache;

/// <summary>
/// The read cache: rows of keys and credentials as they were last read, with hashes of secrets, encrypted data and unwrapped DEKs. No row decides an answer
/// before the database confirms it (<see cref="Confirmations"/>). The least recently used rows leave a full cache; rows that are read once do not displace
/// popular ones.
/// </summary>
internal sealed class RowCache
{
    /// <summary>The greatest length of an envelope that is cached, in bytes. It bounds the memory of a cache whose size is a number of rows.</summary>
    public const int MaxEnvelopeBytes = 16 * 1024;

    // A transaction id (xmin) repeats after four billion transactions. No row stays for that long.
    private static readonly TimeSpan Age = TimeSpan.FromHours(1);

    private readonly FastConcurrentTLru<string, object>? _rows;
    private readonly ReadCacheTelemetry _telemetry;

    /// <summary>Creates an empty cache.</summary>
    public RowCache(ReadCacheOptions options, ReadCacheTelemetry telemetry)
    {
        _telemetry = telemetry;
        _rows = options.Rows > 0 ? new FastConcurrentTLru<string, object>(Environment.ProcessorCount, options.Rows, StringComparer.Ordinal, Age) : null;
    }

    /// <summary>Finds the key whose secret has <paramref name="hash"/>.</summary>
    public bool TryFindKey(byte[] hash, [NotNullWhen(true)] out StoredKey? key) => TryFind(KeyOf(hash), out key);

    /// <summary>Returns the cached key whose secret has <paramref name="hash"/>, without counting the lookup.</summary>
    public StoredKey? Peek(byte[] hash) => Get(KeyOf(hash)) as StoredKey;

    /// <summary>Finds the credential called <paramref name="name"/>.</summary>
    public bool TryFindCredential(string name, [NotNullWhen(true)] out StoredCredential? credential) => TryFind(name, out credential);

    /// <summary>Returns <see langword="true"/> when a credential with <paramref name="envelope"/> can be cached; otherwise <see langword="false"/>.</summary>
    public bool Admits(byte[] envelope) => _rows is not null && envelope.Length <= MaxEnvelopeBytes;

    /// <summary>Caches the key whose secret has <paramref name="hash"/>, or removes it when there is none.</summary>
    public void SetKey(byte[] hash, StoredKey? key) => Set(KeyOf(hash), key);

    /// <summary>Caches the credential called <paramref name="name"/>, or removes it when its envelope is too long.</summary>
    public void SetCredential(string name, StoredCredential credential) => Set(name, Admits(credential.Envelope) ? credential : null);

    /// <summary>Removes the credential or row called <paramref name="name"/>.</summary>
    public void Forget(string name) => Set<object>(name, null);

    // Base64 of a SHA-256 ends with '=', which no credential name contains.
    private static string KeyOf(byte[] hash) => Convert.ToBase64String(hash);

    private object? Get(string name) => _rows is not null && _rows.TryGet(name, out var row) ? row : null;

    private bool TryFind<T>(string name, [NotNullWhen(true)] out T? row)
        where T : class
    {
        row = Get(name) as T;
        _telemetry.LookedUp(row is not null);
        return row is not null;
    }

    private void Set<T>(string name, T? row)
        where T : class
    {
        if (row is null)
        {
            _rows?.TryRemove(name);
        }
        else
        {
            _rows?.AddOrUpdate(name, row);
        }
    }
}
