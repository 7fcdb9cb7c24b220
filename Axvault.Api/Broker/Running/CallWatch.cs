using Axvault.Api.Lifetime;

namespace Axvault.Api.Broker.Running;

/// <summary>Ends running calls whose key or credential no longer permits them. Every server watches its own calls, so no message can be lost.</summary>
internal sealed class CallWatch(RunningCalls running, CallStore store, ServerReadiness readiness, TimeProvider time, ILogger<CallWatch> logger)
    : BackgroundLoop(readiness, time, logger)
{
    // A call ends within a second of the change.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(400);

    // The database has permitted a younger call just now.
    private static readonly TimeSpan Young = TimeSpan.FromMilliseconds(200);

    // A failover takes less. Without an answer for longer, a deleted key could go on for ever.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private long _checkedAt = time.GetTimestamp();

    /// <inheritdoc />
    protected override string Work => "The watch over calls of the broker";

    /// <inheritdoc />
    protected override TimeSpan PauseAfterInterruption => Interval;

    /// <inheritdoc />
    protected override async Task<TimeSpan> StepAsync(CancellationToken stoppingToken)
    {
        var calls = running.All.Where(call => Time.GetElapsedTime(call.StartedAt) >= Young).ToList();
        if (calls.Count > 0)
        {
            await CheckAsync(calls, stoppingToken);
        }

        _checkedAt = Time.GetTimestamp();
        return Interval;
    }

    /// <inheritdoc />
    protected override void OnInterrupted(Exception exception)
    {
        base.OnInterrupted(exception);
        if (Time.GetElapsedTime(_checkedAt) > Patience)
        {
            running.EndAll(RunningReasons.Unchecked);
        }
    }

    private async Task CheckAsync(List<RunningCall> calls, CancellationToken stoppingToken)
    {
        var (keys, names) = await store.FindAsync(
            calls.Select(static call => call.Caller.KeyId).Distinct(),
            calls.Select(static call => call.Name).Distinct(),
            stoppingToken
        );
        var now = Time.GetUtcNow();
        foreach (var call in calls)
        {
            var key = keys.GetValueOrDefault(call.Caller.KeyId);
            if (key?.Judge(call.Caller.SecretVersion, call.Caller.Address, now) is not Keys.KeyVerdict.Allowed)
            {
                call.End(RunningReasons.KeyGone);
            }
            else if (!key.Scope.Use.Covers(call.Name))
            {
                call.End(RunningReasons.KeyNarrowed);
            }
            else if (!names.Contains(call.Name.Value))
            {
                call.End(RunningReasons.CredentialGone);
            }
        }
    }
}
