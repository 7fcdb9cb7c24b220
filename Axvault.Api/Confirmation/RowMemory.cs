using System.Diagnostics.CodeAnalysis;
using Axvault.Api.Configuration;
using Axvault.Api.Credentials;
using Axvault.Api.Encryption;
using Axvault.Api.Keys;
using Microsoft.Extensions.Caching.Memory;

namespace Axvault.Api.Confirmation;

/// <summary>
/// Rows of keys and credentials as they were last read: hashes of secrets and encrypted data, as in the database, and the keys of that data. Nothing here is relied on before it is
/// confirmed (<see cref="Confirmations"/>); what is too much is forgotten.
/// </summary>
internal sealed class RowMemory : IDisposable
{
    // Estimates of what a row takes besides its envelope or hash, and the key of an envelope.
    private const int RowBytes = 1024;
    private const int OpenerBytes = 1024;

    // A transaction's number comes again after four billion of them; nothing is remembered for as long as that takes.
    private static readonly TimeSpan Age = TimeSpan.FromHours(1);

    // What is this full has been full, and is made room in by a twentieth at a time. It takes locks to ask.
    private const double Full = 0.9;
    private const int AsksBetweenLooks = 64;

    private readonly MemoryCache? _rows;
    private readonly Doorkeeper _doorkeeper;
    private readonly long _fullBytes;
    private readonly ConfirmationTelemetry _telemetry;
    private volatile bool _isFull;
    private int _asks;

    /// <summary>Makes an empty memory.</summary>
    public RowMemory(AxvaultOptions options, ConfirmationTelemetry telemetry)
    {
        ArgumentNullException.ThrowIfNull(options);

        _telemetry = telemetry;
        _rows = options.CacheBytes > 0 ? new MemoryCache(new MemoryCacheOptions { SizeLimit = options.CacheBytes, TrackStatistics = true }) : null;
        _doorkeeper = new Doorkeeper((int)(options.CacheBytes / (RowBytes + OpenerBytes)));
        _fullBytes = (long)(options.CacheBytes * Full);
    }

    /// <summary>Finds the key whose secret has <paramref name="hash"/>.</summary>
    public bool TryFindKey(byte[] hash, [NotNullWhen(true)] out StoredKey? key) => TryFind(KeyOf(hash), out key);

    /// <summary>The key whose secret has <paramref name="hash"/>, as far as it is remembered; not counted among what was looked for.</summary>
    public StoredKey? Peek(byte[] hash) => _rows?.Get(KeyOf(hash)) as StoredKey;

    /// <summary>Finds the credential called <paramref name="name"/>.</summary>
    public bool TryFindCredential(string name, [NotNullWhen(true)] out StoredCredential? credential) => TryFind(name, out credential);

    /// <summary>The row that <paramref name="name"/> belongs to, as far as that is remembered: whoever writes there finds out whether it still does.</summary>
    public CredentialRow? FindRow(string name) => _rows?.Get(name) switch
    {
        CredentialRow row => row,
        StoredCredential stored when Envelope.KeyOf(stored.Envelope) is { } key => new CredentialRow(stored.RowId, key),
        _ => null,
    };

    /// <summary>Whether the credential called <paramref name="name"/>, which was just loaded, is to be remembered: there is room, or it is asked for again and again.</summary>
    public bool Admits(string name)
    {
        if (_rows is null)
        {
            return false;
        }

        if (Interlocked.Increment(ref _asks) % AsksBetweenLooks == 0)
        {
            _isFull = _rows.GetCurrentStatistics()!.CurrentEstimatedSize > _fullBytes;
        }

        return !_isFull || _doorkeeper.HasSeen(name) || _rows.TryGetValue(name, out _);
    }

    /// <summary>Remembers the key whose secret has <paramref name="hash"/>, or that there is none.</summary>
    public void SetKey(byte[] hash, StoredKey? key) => Set(KeyOf(hash), key, RowBytes);

    /// <summary>Remembers the credential called <paramref name="name"/>.</summary>
    public void SetCredential(string name, StoredCredential credential)
    {
        ArgumentNullException.ThrowIfNull(credential);

        Set(name, credential, RowBytes + OpenerBytes + credential.Envelope.Length);
    }

    /// <summary>Remembers nothing of what is called <paramref name="name"/>.</summary>
    public void Forget(string name) => _rows?.Remove(name);

    /// <summary>Remembers the row that the credential called <paramref name="name"/> was put into, and nothing else of it.</summary>
    public void SetRow(string name, CredentialRow row) => Set(name, row, RowBytes);

    /// <inheritdoc />
    public void Dispose() => _rows?.Dispose();

    // It ends in '=', which no name has.
    private static string KeyOf(byte[] hash) => Convert.ToBase64String(hash);

    private bool TryFind<T>(string name, [NotNullWhen(true)] out T? row)
        where T : class
    {
        row = null;
        var found = _rows is not null && _rows.TryGetValue(name, out row) && row is not null;
        _telemetry.LookedUp(found);
        return found;
    }

    private void Set<T>(string name, T? row, int bytes)
        where T : class
    {
        if (row is null)
        {
            _rows?.Remove(name);
        }
        else
        {
            _rows?.Set(name, row, new MemoryCacheEntryOptions { Size = bytes, AbsoluteExpirationRelativeToNow = Age });
        }
    }
}
