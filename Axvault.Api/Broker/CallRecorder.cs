using System.Collections.Concurrent;
using Axvault.Api.Audit;
using Axvault.Api.Broker.Usage;
using Axvault.Api.Chain;

namespace Axvault.Api.Broker;

/// <summary>Records the end of calls: an audit entry, the use of tokens, and metrics. A stop of the server waits for the entries.</summary>
internal sealed class CallRecorder(AuditLog log, AuditSource source, UsageCounter usage, BrokerTelemetry telemetry) : IHostedService
{
    private readonly ConcurrentDictionary<Task, bool> _writing = [];

    /// <summary>Records the end of a call. The entry is written in the background, because no answer waits for it.</summary>
    public void Record(CallPlan plan, CallEnd end, bool isAborted)
    {
        telemetry.Record(plan, end);
        usage.Add(plan, end.Usage);
        var outcome = isAborted || end.Fault is not null ? AuditOutcome.Failure : AuditOutcomes.Of(end.Status);
        var entry = source.Describe(AuditAction.BrokerEnd, outcome, CallWords.Describe(end), plan.Name.Value, plan.Caller);
        var writing = log.RecordSoonAsync(entry);
        if (!writing.IsCompletedSuccessfully)
        {
            _writing[writing] = true;
            _ = writing.ContinueWith(
                task => _writing.TryRemove(task, out _),
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
        }
    }

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(_writing.Keys).WaitAsync(cancellationToken);
}
