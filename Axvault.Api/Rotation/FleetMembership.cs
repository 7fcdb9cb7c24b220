using Axvault.Api.Encryption;
using Axvault.Api.Startup;
using Npgsql;

namespace Axvault.Api.Rotation;

/// <summary>
/// Tells the fleet that this server is there and which keys it has, and encrypts with the configured key as soon as every other server has it. Until then what it
/// writes can be read by all of them.
/// </summary>
internal sealed partial class FleetMembership(FleetStore store, Vault vault, VaultReadiness readiness, TimeProvider time, ILogger<FleetMembership> logger) : BackgroundService
{
    private static readonly TimeSpan ReadinessPause = TimeSpan.FromMilliseconds(100);

    private volatile bool _isSettled;
    private volatile bool _isAlone;
    private string? _told;

    /// <summary>Whether the whole fleet encrypts with the key that this server is configured with.</summary>
    public bool IsSettled => _isSettled;

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (!readiness.IsReady)
        {
            return;
        }

        try
        {
            await store.LeaveAsync(vault.Server, cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or OperationCanceledException)
        {
            Log.NotLeft(logger, exception.Message);
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!readiness.IsReady)
        {
            await Task.Delay(ReadinessPause, time, stoppingToken);
        }

        while (true)
        {
            try
            {
                await BeatAsync(stoppingToken);
                _isAlone = false;
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                // Once for each time that the database is away.
                _isSettled = false;
                if (!_isAlone)
                {
                    Log.Alone(logger, exception.Message);
                }

                _isAlone = true;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                _isSettled = false;
                Log.Failed(logger, exception);
            }

            await Task.Delay(FleetStore.Beat, time, stoppingToken);
        }
    }

    private async Task BeatAsync(CancellationToken stoppingToken)
    {
        var others = await store.BeatAsync(vault.Server, vault.Keys, stoppingToken);
        var ring = vault.Keys;
        var lacking = others.Where(other => !other.KeyIds.Contains(ring.Configured.Id)).ToList();
        var isDue = lacking.Count == 0 ? ring.Current != ring.Configured : others.Any(other => !other.KeyIds.Contains(ring.Current.Id));
        if (isDue && await vault.ChooseKeyAsync(stoppingToken))
        {
            Log.Encrypts(logger, vault.Keys.Current.Id.ToString());
        }

        Tell(others, lacking);
        _isSettled = KeyAgreement.IsSettled(vault.Keys, others);
    }

    // Each state once.
    private void Tell(List<FleetMember> others, List<FleetMember> lacking)
    {
        var ring = vault.Keys;
        var ahead = others.Where(other => !ring.TryFind(other.EncryptsWith, out _)).ToList();
        var state = ahead.Count > 0 ? $"ahead {Names(ahead)}" : ring.Current != ring.Configured ? $"lacking {Names(lacking)}" : "";
        if (state == _told)
        {
            return;
        }

        _told = state;
        if (ahead.Count > 0)
        {
            Log.Behind(logger, Names(ahead), ahead[0].EncryptsWith.ToString());
        }
        else if (ring.Current != ring.Configured)
        {
            Log.Waits(logger, ring.Configured.Id.ToString(), Names(lacking), ring.Current.Id.ToString());
        }
    }

    private static string Names(IEnumerable<FleetMember> members) => string.Join(", ", members.Select(static member => member.Name));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "This server encrypts with the key {Key} from now on")]
        public static partial void Encrypts(ILogger logger, string key);

        [LoggerMessage(LogLevel.Information, "The configured encryption key {Key} is not used yet, for these servers do not have it: {Servers}. Until they are restarted with it, or silent, this server encrypts with {Current}")]
        public static partial void Waits(ILogger logger, string key, string servers, string current);

        [LoggerMessage(LogLevel.Error, "These servers encrypt with a key that is not configured here: {Servers}. This one cannot read what they write: add the key {Key}, and restart it")]
        public static partial void Behind(ILogger logger, string servers, string key);

        [LoggerMessage(LogLevel.Warning, "The other servers cannot be told that this one is there: {Reason}")]
        public static partial void Alone(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Warning, "This server could not take itself off the fleet, and counts for half a minute more: {Reason}")]
        public static partial void NotLeft(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Error, "Telling the other servers that this one is there failed")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
