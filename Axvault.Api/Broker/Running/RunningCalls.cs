using System.Collections.Concurrent;

namespace Axvault.Api.Broker.Running;

/// <summary>The calls that are under way on this server.</summary>
internal sealed class RunningCalls(BrokerTelemetry telemetry, TimeProvider time)
{
    private readonly ConcurrentDictionary<RunningCall, bool> _calls = [];

    /// <summary>The calls.</summary>
    public ICollection<RunningCall> All => _calls.Keys;

    /// <summary>Begins a call.</summary>
    public RunningCall Begin(CallPlan plan, CancellationToken client)
    {
        var call = new RunningCall(this, plan, time.GetTimestamp(), client);
        _calls[call] = true;
        telemetry.Began(plan);
        return call;
    }

    /// <summary>Returns the time since the start of <paramref name="call"/>.</summary>
    public TimeSpan Elapsed(RunningCall call) => time.GetElapsedTime(call.StartedAt);

    /// <summary>Ends every call.</summary>
    public void EndAll(string reason)
    {
        foreach (var call in All)
        {
            call.End(reason);
        }
    }

    /// <summary>Removes a call that has ended.</summary>
    public void Remove(RunningCall call)
    {
        if (_calls.TryRemove(call, out _))
        {
            telemetry.Ended(call.Name.Value);
        }
    }
}
