using Npgsql;

namespace Axvault.Api.Refresh;

/// <summary>
/// Keeps a claim alive while its server lives. The claim is prolonged three times per lease. The lease can therefore be short even when a provider is slow, so
/// the claim of a dead server ends soon.
/// </summary>
internal sealed partial class RefreshLease : IAsyncDisposable
{
    /// <summary>
    /// The duration of a claim unless it is prolonged. After this time, another server marks the refresh of a dead server as lost. The duration is several
    /// times a usual pause of the database, so a living server keeps its claim.
    /// </summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(15);

    private readonly ClaimStore _store;
    private readonly RefreshClaim _claim;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _renewal;
    private long _renewedAt;

    private RefreshLease(ClaimStore store, RefreshClaim claim, long claimedAt, TimeProvider time, ILogger logger)
    {
        (_store, _claim, _renewedAt, _time, _logger) = (store, claim, claimedAt, time, logger);
        _renewal = RenewAsync(_end.Token);
    }

    /// <summary>
    /// <see langword="true"/> while the claim certainly belongs to this server; otherwise <see langword="false"/>. A process that was paused does not notice
    /// the pause. The lease is therefore measured on this server's clock, from before the claim was requested, with a margin of a fifth.
    /// </summary>
    public bool IsCertain => _time.GetElapsedTime(Interlocked.Read(ref _renewedAt)) < Duration * 0.8;

    /// <summary>Starts to prolong <paramref name="claim"/>.</summary>
    /// <param name="store">The store of claims.</param>
    /// <param name="claim">The claim.</param>
    /// <param name="claimedAt">A timestamp of <paramref name="time"/> from before the claim was requested.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log for a claim that cannot be prolonged.</param>
    public static RefreshLease Start(ClaimStore store, RefreshClaim claim, long claimedAt, TimeProvider time, ILogger logger) =>
        new(store, claim, claimedAt, time, logger);

    /// <summary>Stops prolonging.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _renewal;
        _end.Dispose();
    }

    private async Task RenewAsync(CancellationToken end)
    {
        var pause = Duration / 3;
        while (true)
        {
            try
            {
                await Task.Delay(pause, _time, end);
                var before = _time.GetTimestamp();
                if (!await _store.ProlongAsync(_claim, Duration, end))
                {
                    return;
                }

                Interlocked.Exchange(ref _renewedAt, before);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                Log.NotProlonged(_logger, exception.Message);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The claim of a refresh could not be prolonged: {Reason}")]
        public static partial void NotProlonged(ILogger logger, string reason);
    }
}
