using System.Collections.Concurrent;
using Axvault.Api.Authorization;
using Npgsql;

namespace Axvault.Api.Keys;

/// <summary>When each key was last used: noted in memory by every request, and written to the database once a minute and at the end.</summary>
internal sealed partial class KeyUsage(KeyStore store, TimeProvider time, ILogger<KeyUsage> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<KeyUse, DateTimeOffset> _uses = [];

    /// <summary>Notes that a key is used now.</summary>
    public void Note(Caller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);

        var now = time.GetUtcNow();
        _uses[new KeyUse(caller.KeyId, null)] = now;
        if (caller.UsesPreviousSecret)
        {
            _uses[new KeyUse(caller.KeyId, caller.SecretVersion)] = now;
        }
    }

    /// <summary>Shows <paramref name="key"/> with its last use, as far as this server knows, and with a previous secret only while that is taken.</summary>
    public ApiKey Update(ApiKey key)
    {
        ArgumentNullException.ThrowIfNull(key);

        var previous = key.Secrets.Previous is { } known && time.GetUtcNow() < known.ExpiresAt
            ? known with { LastUsedAt = Latest(new KeyUse(key.Id, key.Secrets.Version - 1), known.LastUsedAt) }
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
