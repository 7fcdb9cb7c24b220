using Axvault.Api.Authorization;
using Npgsql;

namespace Axvault.Api.Credentials;

/// <summary>
/// Loads credentials. A load that begins while none is under way is a statement of its own; those that come meanwhile wait, and share the next one. None joins a statement
/// that was sent before it came: what is loaded is never older than the question.
/// </summary>
internal sealed class CredentialLoader(CredentialStore store, TimeProvider time)
{
    // Of the greatest credentials they hold 64 MiB.
    private const int MaxStatements = 4;
    private const int MaxNames = 16;

    // One at a time costs least. Where the database is far away, or a connection hangs, others go past it.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(10);

    // What connecting and a statement may take by default: where statements hang, those who wait for theirs are told in time.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Queue<Group> _waiting = [];
    private Group? _open;
    private long _sentAt;
    private int _running;

    /// <summary>Loads the credential called <paramref name="name"/>; <see langword="null"/> when there is none.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Ends the wait; the load goes on when others wait for it.</param>
    /// <exception cref="NpgsqlException">The database does not answer, or refuses it.</exception>
    /// <exception cref="TimeoutException">It was not loaded in time.</exception>
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

    // Whoever came first sends the statement for all, when it is their turn: it is in the trace of that request.
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
            // Whatever it is, it is of each who waits.
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

    // From here nobody joins it.
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

        /// <summary>Whose credentials are loaded.</summary>
        public HashSet<string> Names { get; } = new(StringComparer.Ordinal);

        /// <summary>Ends when the statement may be sent.</summary>
        public TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>What was found.</summary>
        public TaskCompletionSource<Dictionary<string, StoredCredential>> Found { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Whether there is no room for another name.</summary>
        public bool IsFull => Names.Count == MaxNames;

        /// <summary>Whether nobody waits any more.</summary>
        public bool IsLeft => Volatile.Read(ref _waiting) == 0;

        public void Join(string name)
        {
            Names.Add(name);
            Interlocked.Increment(ref _waiting);
        }

        public void Leave() => Interlocked.Decrement(ref _waiting);
    }
}
