using Axvault.Api.Authorization;
using Npgsql;

namespace Axvault.Api.Stored;

/// <summary>
/// Loads credentials. A load that begins while no other is running sends a statement at once. Loads that begin meanwhile wait, and share the next
/// statement. No load joins a statement that was already sent, so the result is never older than the question.
/// </summary>
internal sealed class CredentialLoader(CredentialStore store, TimeProvider time)
{
    // At most 64 MiB, when all of them have the greatest size.
    private const int MaxStatements = 4;
    private const int MaxNames = 16;

    // One statement at a time costs least. When the database is slow or a connection hangs, further loads do not wait for it.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(10);

    // The default time limits of connecting and of one statement, added. A waiting load gives up then.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Queue<Group> _waiting = [];
    private Group? _open;
    private long _sentAt;
    private int _running;

    /// <summary>Returns the credential called <paramref name="name"/>, or <see langword="null"/> when there is none.</summary>
    /// <param name="name">The credential's name.</param>
    /// <param name="cancellationToken">Ends the wait; the load goes on when others wait for it.</param>
    /// <exception cref="NpgsqlException">The database does not answer, or refuses the statement.</exception>
    /// <exception cref="TimeoutException">The credential was not loaded in time.</exception>
    public async Task<StoredCredential?> FindAsync(CredentialName name, CancellationToken cancellationToken)
    {
        var group = Join(name.Value, out var isFirst);
        if (isFirst)
        {
            _ = LeadAsync(group);
        }

        try
        {
            return (await group.Found.Task.WaitAsync(Limit, time, cancellationToken)).GetValueOrDefault(name.Value);
        }
        catch (Exception exception) when (exception is OperationCanceledException or TimeoutException)
        {
            group.Leave();
            throw;
        }
    }

    private Group Join(string name, out bool isFirst)
    {
        lock (_lock)
        {
            isFirst = _open is null || _open.IsFull;
            if (isFirst)
            {
                _open = new Group();
                _waiting.Enqueue(_open);
            }

            var joined = _open!;
            joined.Join(name);
            if (_running == 0)
            {
                _running++;
                SendNext();
            }

            return joined;
        }
    }

    // The first load of a group sends the statement for all. The statement appears in the trace of that request.
    private async Task LeadAsync(Group group)
    {
        while (!group.Turn.Task.IsCompleted)
        {
            await group.Turn.Task.WaitAsync(Patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            PassWhatTakesLong();
        }

        try
        {
            group.Found.SetResult(group.IsLeft ? [] : await store.FindAsync(group.Names, CancellationToken.None));
        }
        catch (Exception exception)
        {
            // A failure of the statement is the failure of every load that waits for it.
            group.Found.SetException(exception);
        }

        HandOver();
    }

    private void PassWhatTakesLong()
    {
        lock (_lock)
        {
            if (_waiting.Count > 0 && _running < MaxStatements && time.GetElapsedTime(_sentAt) > Patience)
            {
                _running++;
                SendNext();
            }
        }
    }

    private void HandOver()
    {
        lock (_lock)
        {
            if (_waiting.Count > 0)
            {
                SendNext();
            }
            else
            {
                _running--;
            }
        }
    }

    // From here on no load joins the group.
    private void SendNext()
    {
        var next = _waiting.Dequeue();
        _open = _open == next ? null : _open;
        _sentAt = time.GetTimestamp();
        next.Turn.SetResult();
    }

    private sealed class Group
    {
        private int _waiting;

        /// <summary>The names of the credentials to load.</summary>
        public HashSet<string> Names { get; } = new(StringComparer.Ordinal);

        /// <summary>A task that ends when the statement may be sent.</summary>
        public TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The credentials that were found.</summary>
        public TaskCompletionSource<Dictionary<string, StoredCredential>> Found { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary><see langword="true"/> when there is no room for another name; otherwise <see langword="false"/>.</summary>
        public bool IsFull => Names.Count == MaxNames;

        /// <summary><see langword="true"/> when no load waits any more; otherwise <see langword="false"/>.</summary>
        public bool IsLeft => Volatile.Read(ref _waiting) == 0;

        public void Join(string name)
        {
            Names.Add(name);
            Interlocked.Increment(ref _waiting);
        }

        public void Leave() => Interlocked.Decrement(ref _waiting);
    }
}
