using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
using Axvault.Api.Http;
using Axvault.Api.ReadCache;
using Axvault.Api.Refresh;

namespace Axvault.Api.Credentials.Batch;

/// <summary>
/// Reads a batch of credentials, each as a GET would, several at a time. The audit entries of all reads are then committed together. A read whose cached row
/// has changed is repeated alone.
/// </summary>
internal sealed partial class BatchReader(
    CredentialReader reader,
    ReadCacheTelemetry confirmed,
    RefreshOptions refresh,
    TimeProvider time,
    ILogger<BatchReader> logger
)
{
    private const int MaxAtOnce = 16;

    // The time of a batch beyond the time of one refresh. A read that takes longer becomes a 503; the others are answered as usual.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Reads the credentials called <paramref name="names"/>. Returns when the entry of each is committed.</summary>
    /// <param name="names">The names.</param>
    /// <param name="caller">The caller, who may read some of them.</param>
    /// <param name="trail">Receives the entries.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="AuditUnavailableException">An entry cannot be written. No credential may be returned.</exception>
    public async Task<IReadOnlyList<BatchReadOutcome>> ReadAsync(
        IReadOnlyList<CredentialName> names,
        Caller caller,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        using var patience = new CancellationTokenSource(refresh.Timeout + Patience, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        var reads = names.Select(static name => new Read(name) { Confirmations = new Confirmations() }).ToList();
        await DecideAsync(reads, caller, end.Token, cancellationToken);
        await Task.WhenAll(reads.Select(read => RecordAsync(read, trail)));
        if (reads.FindAll(static read => !read.IsRecorded) is { Count: > 0 } stale)
        {
            confirmed.WasStale();
            stale.ForEach(static read => read.Confirmations = null);
            await DecideAsync(stale, caller, end.Token, cancellationToken);
            await Task.WhenAll(stale.Select(read => RecordAsync(read, trail)));
        }

        return [.. reads.Select(static read => read.Outcome!)];
    }

    private Task DecideAsync(IEnumerable<Read> reads, Caller caller, CancellationToken end, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(reads, new ParallelOptions { MaxDegreeOfParallelism = MaxAtOnce, CancellationToken = cancellationToken }, async (read, _) =>
        {
            try
            {
                await DecideAsync(read, caller, end);
            }
            catch (EnvelopeException exception)
            {
                var status = FaultStatus.Of(exception);
                Log.DoesNotOpen(logger, read.Name.Value, exception.Message);
                Refuse(read, status, ErrorCode.Of(status), "The stored data does not open. The server's log has the details.");
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                Refuse(read, StatusCodes.Status503ServiceUnavailable, ErrorCode.Unavailable, "The credential was not read in time. Try again.");
            }
        });

    private async Task DecideAsync(Read read, Caller caller, CancellationToken end)
    {
        if (!caller.MayRead(read.Name))
        {
            Refuse(read, StatusCodes.Status403Forbidden, CredentialProblems.NoAccess("read"), CredentialProblems.DescribeForbidden("read", read.Name));
        }
        else if (await reader.ReadAsync(read.Name, read.Confirmations, end) is { } found)
        {
            read.Reason = found.AuditReason;
            read.Outcome = new BatchReadOutcome
            {
                Name = read.Name.Value,
                Status = StatusCodes.Status200OK,
                Etag = found.Credential.Stored.Tag.ToString(),
                Refreshed = found.Outcome == RefreshOutcome.Refreshed ? true : null,
                RefreshFailed = found.Outcome == RefreshOutcome.Failed ? true : null,
                Credential = CredentialResponse.Of(found.Credential.Stored.Metadata, found.Credential.Data),
            };
        }
        else
        {
            Refuse(read, StatusCodes.Status404NotFound, ErrorCode.NotFound, CredentialProblems.DescribeNotFound(read.Name));
        }
    }

    private static void Refuse(Read read, int status, string reason, string detail)
    {
        read.Reason = reason;
        read.Outcome = new BatchReadOutcome
        {
            Name = read.Name.Value,
            Status = status,
            Error = ErrorCode.Of(status),
            Detail = detail,
        };
    }

    private static async Task RecordAsync(Read read, AuditTrail trail)
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

    // A class, because the ToString of a record would print the data.
    private sealed class Read(CredentialName name)
    {
        public CredentialName Name => name;

        public Confirmations? Confirmations { get; set; }

        public BatchReadOutcome? Outcome { get; set; }

        public string? Reason { get; set; }

        public bool IsRecorded { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Credential} cannot be read: {Reason}")]
        public static partial void DoesNotOpen(ILogger logger, string credential, string reason);
    }
}
