using Axvault.Api.Encryption;
using Axvault.Api.Lifetime;
using Npgsql;

namespace Axvault.Api.Rotation;

/// <summary>
/// Reports this server and its KEKs to the fleet. The server encrypts with the configured KEK as soon as every other server has it. Until then it encrypts with
/// a KEK that all servers have.
/// </summary>
internal sealed partial class FleetMembership(FleetStore store, Vault vault, ServerReadiness readiness, TimeProvider time, ILogger<FleetMembership> logger)
    : BackgroundLoop(readiness, time, logger)
{
    // A roll-out takes minutes. A longer wait has another reason: a server that was forgotten, or a row that no server writes.
    private static readonly TimeSpan AlarmAfter = TimeSpan.FromMinutes(15);

    private volatile bool _isSettled;
    private volatile bool _isAlone;
    private string? _told;
    private long _since;

    /// <summary><see langword="true"/> when the whole fleet encrypts with the KEK that is configured here; otherwise <see langword="false"/>.</summary>
    public bool IsSettled => _isSettled;

    /// <inheritdoc />
    protected override string Work => "Telling the other servers about this one";

    /// <inheritdoc />
    protected override TimeSpan PauseAfterInterruption => FleetStore.Beat;

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (!Readiness.IsReady)
        {
            return;
        }

        try
        {
            await store.LeaveAsync(vault.Server, cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or OperationCanceledException)
        {
            Log.NotLeft(Logger, exception.Message);
        }
    }

    /// <inheritdoc />
    protected override async Task<TimeSpan> StepAsync(CancellationToken stoppingToken)
    {
        await BeatAsync(stoppingToken);
        _isAlone = false;
        return FleetStore.Beat;
    }

    /// <inheritdoc />
    protected override void OnInterrupted(Exception exception)
    {
        // One warning for each outage of the database.
        _isSettled = false;
        if (!_isAlone)
        {
            Log.Alone(Logger, exception.Message);
        }

        _isAlone = true;
    }

    /// <inheritdoc />
    protected override void OnFailed(Exception exception)
    {
        _isSettled = false;
        base.OnFailed(exception);
    }

    private async Task BeatAsync(CancellationToken stoppingToken)
    {
        var others = await store.BeatAsync(vault.Server, vault.Keys, stoppingToken);
        var ring = vault.Keys;
        var lacking = others.Where(other => !other.KekIds.Contains(ring.Configured.Id)).ToList();
        var isDue = lacking.Count == 0 ? ring.Current != ring.Configured : others.Any(other => !other.KekIds.Contains(ring.Current.Id));
        if (isDue && await vault.ChooseKekAsync(stoppingToken))
        {
            Log.Encrypts(Logger, vault.Keys.Current.Id.ToString());
        }

        Tell(others, lacking);
        _isSettled = KekAgreement.IsSettled(vault.Keys, others);
    }

    // Logged once for each state.
    private void Tell(List<FleetMember> others, List<FleetMember> lacking)
    {
        var ring = vault.Keys;
        var ahead = others.Where(other => !ring.TryFind(other.EncryptsWith, out _)).ToList();
        var state =
            ahead.Count > 0 ? $"ahead {Names(ahead)}"
            : ring.Current != ring.Configured ? $"lacking {Names(lacking)}"
            : "";
        if (state == _told)
        {
            Alarm(ahead.Count > 0 ? ahead : lacking);
            return;
        }

        (_told, _since) = (state, Time.GetTimestamp());
        if (ahead.Count > 0)
        {
            Log.Behind(Logger, Names(ahead), ahead[0].EncryptsWith.ToString());
        }
        else if (ring.Current != ring.Configured)
        {
            Log.Waits(Logger, ring.Configured.Id.ToString(), Names(lacking), ring.Current.Id.ToString());
        }
    }

    // Repeated at the same interval as long as the wait lasts.
    private void Alarm(List<FleetMember> others)
    {
        if (_told is { Length: > 0 } && Time.GetElapsedTime(_since) >= AlarmAfter)
        {
            _since = Time.GetTimestamp();
            Log.WaitsLong(Logger, Names(others), AlarmAfter.TotalMinutes);
        }
    }

    private static string Names(IEnumerable<FleetMember> members) => string.Join(", ", members.Select(static member => member.Name));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "This server now encrypts with the key {Key}")]
        public static partial void Encrypts(ILogger logger, string key);

        [LoggerMessage(
            LogLevel.Information,
            "The configured encryption key {Key} is not used yet, because these servers lack it: {Servers}. "
                + "Until they have it or have left, this server encrypts with {Current}"
        )]
        public static partial void Waits(ILogger logger, string key, string servers, string current);

        [LoggerMessage(
            LogLevel.Error,
            "These servers encrypt with a key that is not configured here: {Servers}. "
                + "This server cannot read their data: add the key {Key}, then restart this server"
        )]
        public static partial void Behind(ILogger logger, string servers, string key);

        [LoggerMessage(
            LogLevel.Error,
            "The change of the encryption key is held up by these servers, for another {Minutes} minutes: {Servers}. "
                + "Give them the key or stop them. Rows of the table axvault.server that no server writes are removed after half a minute"
        )]
        public static partial void WaitsLong(ILogger logger, string servers, double minutes);

        [LoggerMessage(LogLevel.Warning, "This server cannot report to the fleet: {Reason}")]
        public static partial void Alone(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Warning, "This server could not leave the fleet and is counted for half a minute more: {Reason}")]
        public static partial void NotLeft(ILogger logger, string reason);
    }
}
