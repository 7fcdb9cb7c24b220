using System.Collections.Concurrent;
using Axvault.Api.Authorization;
using Npgsql;

namespace Axvault.Api.Keys;

/// <summary>When each key was last used: noted in memory by every request, and written to the database once a minute and at the end.</summary>
internal sealed partial class KeyUsage(KeyStore store, TimeProvider time, ILogger<KeyUsage> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<KeyId, DateTimeOffset> _uses = [];

    /// <summary>Notes that a key is used now.</summary>
    public void Note(KeyId key) => _uses[key] = time.GetUtcNow();

    /// <summary>Shows <paramref name="key"/> with its last use, as far as this server knows.</summary>
    public ApiKey Update(ApiKey key)
    {
        ArgumentNullException.ThrowIfNull(key);

        return _uses.TryGetValue(key.Id, out var at) && !(key.LastUsedAt >= at) ? key with { LastUsedAt = at } : key;
    }

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await WriteAsync(cancellationToken);
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await WriteAsync(stoppingToken);
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        var uses = _uses.ToArray();
        if (uses.Length == 0)
        {
            return;
        }

        try
        {
            await store.UseAsync(uses, cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            // They are written the next time.
            Log.NotWritten(logger, exception.Message);
            return;
        }

        foreach (var use in uses)
        {
            // Only if it has not been used again meanwhile.
            _uses.TryRemove(use);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "When keys were last used cannot be written yet: {Reason}")]
        public static partial void NotWritten(ILogger logger, string reason);
    }
}
