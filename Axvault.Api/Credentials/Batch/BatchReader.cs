using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
using Axvault.Api.Http;
using Axvault.Api.RateLimits;
using Axvault.Api.ReadCache;
using Axvault.Api.Refresh;

namespace Axvault.Api.Credentials.Batch;

/// <summary>
/// Reads a batch of credentials, each as a GET would, several at a time, and as many as fit into a part. The audit entries of a part are committed together. A
/// read whose cached row has changed is repeated alone.
/// </summary>
internal sealed partial class BatchReader(
    CredentialReader reader,
    ReadCacheTelemetry confirmed,
    RefreshOptions refresh,
    TimeProvider time,
    ILogger<BatchReader> logger
)
{
    // The time of a batch beyond the time of one refresh. A read that takes longer becomes a 503; the others are answered as usual.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Begins to read the credentials called <paramref name="names"/>.</summary>
    public BatchRun Begin(IEnumerable<CredentialName> names, Caller caller, AuditTrail trail, RequestMemory memory) =>
        new(names, caller, trail, memory, refresh.Timeout + Patience);

    /// <summary>Reads the next part of a batch: at least one credential. Returns when the entry of each is committed.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="AuditUnavailableException">An entry cannot be written. No credential may be returned.</exception>
    /// <exception cref="OverBudgetException">There is no memory for the first credential.</exception>
    public async Task<IReadOnlyList<BatchReadOutcome>> ReadPartAsync(BatchRun batch, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        using var patience = new CancellationTokenSource(batch.Patience, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        var part = await DecidePartAsync(batch, end.Token, cancellationToken);
        await Task.WhenAll(part.Select(read => RecordAsync(read, batch.Trail)));
        if (part.FindAll(static read => !read.IsRecorded) is { Count: > 0 } stale)
        {
            confirmed.WasStale();
            batch.Reopen();
            stale.ForEach(static read => read.Repeat(null));
            await DecideAsync(stale, batch, end.Token, cancellationToken);
            stale.FindAll(static read => read.Outcome is null).ForEach(static read => Refuse(read, LimitKind.KeyMemory));
            await Task.WhenAll(stale.Select(read => RecordAsync(read, batch.Trail)));
        }

        var left = batch.Patience - time.GetElapsedTime(start);
        batch.Patience = left > TimeSpan.Zero ? left : TimeSpan.Zero;
        return [.. part.Select(static read => read.Outcome!)];
    }

    private async Task<List<BatchRead>> DecidePartAsync(BatchRun batch, CancellationToken end, CancellationToken cancellationToken)
    {
        batch.Begin();
        await DecideAsync(batch.Left, batch, end, cancellationToken);
        if (batch.End() is { Count: > 0 } part)
        {
            return part;
        }

        // Others of the batch may have taken the memory of the first one.
        batch.Begin();
        var first = batch.Left[0];
        await DecideAsync([first], batch, end, cancellationToken);
        if (batch.Limited is { } kind)
        {
            if (!batch.HasBegun)
            {
                throw batch.Refuse(kind);
            }

            Refuse(first, kind);
        }

        return batch.End();
    }

    private Task DecideAsync(IReadOnlyList<BatchRead> reads, BatchRun batch, CancellationToken end, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            reads,
            new ParallelOptions { MaxDegreeOfParallelism = batch.AtOnce, CancellationToken = cancellationToken },
            async (read, _) =>
            {
                try
                {
                    await DecideAsync(read, batch, end);
                }
                catch (EnvelopeException exception)
                {
                    var status = FaultStatus.Of(exception);
                    Log.DoesNotOpen(logger, read.Name.Value, exception.Message);
                    read.Refuse(status, ErrorCode.Of(status), "The stored data does not open. The server's log has the details.");
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    read.Refuse(StatusCodes.Status503ServiceUnavailable, ErrorCode.Unavailable, "The credential was not read in time. Try again.");
                }
            }
        );

    // Leaves the outcome open when the part is full. A read that has its outcome keeps it.
    private async Task DecideAsync(BatchRead read, BatchRun batch, CancellationToken end)
    {
        if (batch.IsFull || read.Outcome is not null)
        {
            return;
        }

        if (!batch.Caller.MayRead(read.Name))
        {
            read.Refuse(StatusCodes.Status403Forbidden, CredentialProblems.NoAccess("read"), CredentialProblems.DescribeForbidden("read", read.Name));
        }
        else if (await reader.ReadAsync(read.Name, read.Confirmations, end) is { } found)
        {
            read.Note(found);
            if (batch.TryHold(read, found.Credential.Data.Length))
            {
                read.Serve(found);
            }
        }
        else
        {
            read.Refuse(StatusCodes.Status404NotFound, ErrorCode.NotFound, CredentialProblems.DescribeNotFound(read.Name));
        }
    }

    private static void Refuse(BatchRead read, LimitKind kind) =>
        read.Refuse(kind.Status(), ErrorCode.Of(kind.Status()), $"There were {kind.Reason()}. Try again in 1 s.");

    private static async Task RecordAsync(BatchRead read, AuditTrail trail)
    {
        try
        {
            await trail.RecordAsync(read.Name.Value, read.Outcome!.Status, read.Reason, read.Confirmations);
            read.IsRecorded = true;
        }
        catch (StaleReadException)
        {
            // IsRecorded stays false, so the caller repeats the read.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Credential} cannot be read: {Reason}")]
        public static partial void DoesNotOpen(ILogger logger, string credential, string reason);
    }
}
