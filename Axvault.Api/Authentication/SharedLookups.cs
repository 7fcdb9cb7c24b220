using Axvault.Api.Keys;

namespace Axvault.Api.Authentication;

/// <summary>
/// Looks up the keys of backed-off addresses: many in one query, one query at a time, and a pause between two. However many wrong keys come from an address,
/// they neither cost the database more nor keep a good key of the same address waiting.
/// </summary>
internal sealed class SharedLookups(KeyStore keys, TimeProvider time)
{
    private const int MaxWaiting = 1024;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Dictionary<string, TaskCompletionSource<StoredKey?>> _waiting = new(StringComparer.Ordinal);
    private bool _isRunning;

    /// <summary>
    /// Returns the key whose present or previous secret has <paramref name="hash"/>. Returns <see langword="null"/> when there is none, too many lookups are
    /// waiting, or the database takes long.
    /// </summary>
    public async Task<StoredKey?> FindAsync(byte[] hash, CancellationToken cancellationToken)
    {
        if (Join(Convert.ToBase64String(hash)) is not { } lookup)
        {
            return null;
        }

        try
        {
            return await lookup.WaitAsync(MaxWait, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private Task<StoredKey?>? Join(string hash)
    {
        lock (_lock)
        {
            if (_waiting.TryGetValue(hash, out var lookup))
            {
                return lookup.Task;
            }

            if (_waiting.Count == MaxWaiting)
            {
                return null;
            }

            lookup = new TaskCompletionSource<StoredKey?>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add(hash, lookup);
            if (!_isRunning)
            {
                _isRunning = true;
                _ = RunAsync();
            }

            return lookup.Task;
        }
    }

    private async Task RunAsync()
    {
        while (true)
        {
            await Task.Delay(Pause, time);
            if (Take() is not { } batch)
            {
                return;
            }

            await LookUpAsync(batch);
        }
    }

    private Dictionary<string, TaskCompletionSource<StoredKey?>>? Take()
    {
        lock (_lock)
        {
            if (_waiting.Count == 0)
            {
                _isRunning = false;
                return null;
            }

            (var batch, _waiting) = (_waiting, new(StringComparer.Ordinal));
            return batch;
        }
    }

    private async Task LookUpAsync(Dictionary<string, TaskCompletionSource<StoredKey?>> batch)
    {
        try
        {
            var found = await keys.FindByHashesAsync([.. batch.Keys.Select(Convert.FromBase64String)]);
            foreach (var (hash, lookup) in batch)
            {
                lookup.TrySetResult(found.GetValueOrDefault(hash));
            }
        }
        catch (Exception exception)
        {
            // Each waiting request fails with it, as if it had asked alone.
            foreach (var lookup in batch.Values)
            {
                lookup.TrySetException(exception);
            }
        }
    }
}
