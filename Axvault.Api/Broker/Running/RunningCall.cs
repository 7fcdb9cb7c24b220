using Axvault.Api.Authorization;

namespace Axvault.Api.Broker.Running;

/// <summary>A call that is under way.</summary>
internal sealed class RunningCall : IDisposable
{
    private readonly RunningCalls _calls;
    private readonly CancellationTokenSource _end;

    /// <summary>Begins a call.</summary>
    public RunningCall(RunningCalls calls, CallPlan plan, long startedAt, CancellationToken client)
    {
        (_calls, Caller, Name, StartedAt) = (calls, plan.Caller, plan.Name, startedAt);
        _end = CancellationTokenSource.CreateLinkedTokenSource(client);
        Token = _end.Token;
    }

    /// <summary>The caller.</summary>
    public Caller Caller { get; }

    /// <summary>The name of the credential.</summary>
    public CredentialName Name { get; }

    /// <summary>The time of the start, as a timestamp of the clock.</summary>
    public long StartedAt { get; }

    /// <summary>Ends with the call: the client left, or this server ended it.</summary>
    public CancellationToken Token { get; }

    /// <summary>The reason for which this server ended the call; <see langword="null"/> when it did not.</summary>
    public string? Reason { get; private set; }

    /// <summary>Ends the call. The client sees that the answer is not whole.</summary>
    public void End(string reason)
    {
        Reason ??= reason;
        try
        {
            _end.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call has just ended by itself.
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _calls.Remove(this);
        _end.Dispose();
    }
}
