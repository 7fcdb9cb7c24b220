using Npgsql;

namespace Axvault.Api.Refresh;

/// <summary>
/// Keeps a claim alive while its holder lives: it is prolonged three times as often as it would run out, so that the claim of a process that died
/// ends soon, however slow the provider may be.
/// </summary>
internal sealed partial class RefreshLease : IAsyncDisposable
{
    private readonly ClaimStore _store;
    private readonly RefreshClaim _claim;
    private readonly TimeSpan _duration;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _renewal;
    private long _renewedAt;

    private RefreshLease(ClaimStore store, RefreshClaim claim, TimeSpan duration, long claimedAt, TimeProvider time, ILogger logger)
    {
        (_store, _claim, _duration, _renewedAt, _time, _logger) = (store, claim, duration, claimedAt, time, logger);
        _renewal = RenewAsync(_end.Token);
    }

    /// <summary>
    /// Whether the claim is certainly still this server's: by its own clock, from before the claim was asked for, and with a margin, since a process
    /// that was stopped for a while does not know it.
    /// </summary>
    public bool IsCertain => _time.GetElapsedTime(Interlocked.Read(ref _renewedAt)) < _duration * 0.8;

    /// <summary>Begins to prolong <paramref name="claim"/>.</summary>
    /// <param name="store">Where it is written.</param>
    /// <param name="claim">The claim.</param>
    /// <param name="duration">How long it lasts unless it is prolonged.</param>
    /// <param name="claimedAt">A timestamp of <paramref name="time"/> from before the claim was asked for.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told when it cannot be prolonged.</param>
    public static RefreshLease Start(ClaimStore store, RefreshClaim claim, TimeSpan duration, long claimedAt, TimeProvider time, ILogger logger) =>
        new(store, claim, duration, claimedAt, time, logger);

    /// <summary>Stops prolonging.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _renewal;
        _end.Dispose();
    }

    private async Task RenewAsync(CancellationToken end)
    {
        var pause = _duration / 3;
        while (true)
        {
            try
            {
                await Task.Delay(pause, _time, end);
                var before = _time.GetTimestamp();
                if (!await _store.ProlongAsync(_claim, _duration, end))
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
