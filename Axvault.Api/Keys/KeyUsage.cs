using System.Collections.Concurrent;
using Axvault.Api.Authorization;
using Npgsql;

namespace Axvault.Api.Keys;

/// <summary>The last use of each key. Every request notes its key in memory. The database gets the uses once a minute and when the server stops.</summary>
internal sealed partial class KeyUsage(KeyStore store, TimeProvider time, ILogger<KeyUsage> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<KeyUse, DateTimeOffset> _uses = [];

    /// <summary>Notes the use of a key.</summary>
    public void Note(Caller caller)
    {
        var now = time.GetUtcNow();
        _uses[new KeyUse(caller.KeyId, null)] = now;
        if (caller.UsesPreviousSecret)
        {
            _uses[new KeyUse(caller.KeyId, caller.SecretVersion)] = now;
        }
    }

    /// <summary>Returns <paramref name="key"/> with its last use as this server knows it, and with its previous secret only while that is valid.</summary>
    public ApiKey Update(ApiKey key)
    {
        var previous =
            key.Secrets.Previous is { } known && time.GetUtcNow() < known.ExpiresAt
                ? known with
                {
                    LastUsedAt = Latest(new KeyUse(key.Id, key.Secrets.Version - 1), known.LastUsedAt),
                }
                : null;
        return key with { LastUsedAt = Latest(new KeyUse(key.Id, null), key.LastUsedAt), Secrets = key.Secrets with { Previous = previous } };
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

    private DateTimeOffset? Latest(KeyUse use, DateTimeOffset? written) => _uses.TryGetValue(use, out var at) && !(written >= at) ? at : written;

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
            // The uses stay in memory and are written next time.
            Log.NotWritten(logger, exception.Message);
            return;
        }

        foreach (var use in uses)
        {
            // Keep a use that came during the write.
            _uses.TryRemove(use);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The last use of keys cannot be written yet: {Reason}")]
        public static partial void NotWritten(ILogger logger, string reason);
    }
}
