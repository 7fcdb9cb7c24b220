using System.Collections.Concurrent;
using System.Diagnostics;
using Axvault.Api.Audit;
using Axvault.Api.Configuration;
using Axvault.Api.Credentials;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Refresh.Providers;

namespace Axvault.Api.Refresh;

/// <summary>
/// Gives out credentials with fresh tokens. However many ask for one at once, this process refreshes it once, and the fleet does
/// (<see cref="RefreshFlight"/>). A refresh belongs to nobody who asked: it goes on when they hang up, and a stop waits for it.
/// </summary>
internal sealed partial class Refresher(
    RefreshFlight flight, ProviderCatalog providers, AuditLog audit, AuditSource source, AxvaultOptions options, TimeProvider time, ILogger<Refresher> logger) : IHostedService, IDisposable
{
    private const int MaxReported = 10_000;

    private readonly ConcurrentDictionary<(Guid RowId, long Version), Lazy<Task<RefreshResult>>> _flights = [];
    private readonly ConcurrentDictionary<(Guid RowId, long Version), bool> _reported = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly RefreshOptions _options = options.Refresh;

    /// <summary>Whether this server refreshes at all.</summary>
    public bool IsEnabled => _options.Rules.Threshold > TimeSpan.Zero;

    /// <summary>Whether the tokens of <paramref name="credential"/> are due for a refresh, or would be if that were not withheld.</summary>
    public bool IsDue(OpenedCredential credential) => FindDue(credential) is not null;

    /// <summary>Refreshes the tokens of <paramref name="credential"/> when they are due; waits as long as a refresh may take.</summary>
    /// <param name="credential">The credential, as it was just read.</param>
    /// <param name="cancellationToken">Ends the wait, not the refresh.</param>
    public async Task<RefreshResult> RefreshIfDueAsync(OpenedCredential credential, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(credential);

        if (FindDue(credential) is not var (subject, decision))
        {
            return RefreshResult.NotDue(credential);
        }

        if (subject.Provider is null)
        {
            await ReportAsync(subject, Log.UnknownProvider, "the provider is not known");
            return RefreshResult.NotDue(credential);
        }

        if (subject.Provider.MissingSetting is { } setting)
        {
            await ReportAsync(subject, (log, name) => Log.NotConfigured(log, name, setting), $"{setting} is not set");
            return RefreshResult.Failed(credential, FailureClass.Transient, RefreshError.NotConfigured);
        }

        return decision == RefreshDecision.Withheld ? subject.Withheld() : await JoinAsync(subject, RefreshWish.WhenDue, cancellationToken);
    }

    /// <summary>Refreshes the tokens of <paramref name="credential"/> now.</summary>
    /// <param name="credential">The credential, as it was just read.</param>
    /// <param name="force">Whether to send a refresh token again of which nobody knows whether the provider took it.</param>
    /// <param name="cancellationToken">Ends the wait, not the refresh.</param>
    /// <returns>What came of it, or, when it cannot be refreshed, why: a sentence.</returns>
    public async Task<(RefreshResult? Result, string? Obstacle)> RefreshNowAsync(OpenedCredential credential, bool force, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(credential);

        if (!IsEnabled)
        {
            return (null, "This server refreshes nothing: its threshold is 0.");
        }

        if (RefreshSubject.Of(credential, providers) is not { } subject)
        {
            return (null, "The credential has no refresh token, or is of a kind that is not refreshed.");
        }

        if (subject.Provider is null)
        {
            return (null, "The credential's provider is not known to this server: it needs AXVAULT_OAUTH_<NAME>_TOKEN_URL and _CLIENT_ID.");
        }

        if (subject.Provider.MissingSetting is { } setting)
        {
            return (null, $"This server needs {setting} to refresh the credential.");
        }

        var wish = force ? RefreshWish.NowAgain : RefreshWish.Now;
        return subject.Decide(_options.Rules, wish) == RefreshDecision.Withheld
            ? (null, "Nobody knows whether the provider took the refresh token the last time, and taking it twice may revoke the login. One last attempt is made when the access token has expired, and whoever may have new tokens has had the time to store them. To send the token again now: ?force=true.")
            : (await JoinAsync(subject, wish, cancellationToken), null);
    }

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Waits for what is under way; when time runs out, for the spool alone.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var running = _flights.Values.Select(static lazy => lazy.Value).ToList();
        try
        {
            await Task.WhenAll(running).WaitAsync(cancellationToken);
        }
        catch (Exception exception)
        {
            // Whoever waits for a flight hears of its end; here only that it has come matters.
            Log.EndedEarly(logger, running.Count(static task => !task.IsCompleted), exception.GetType().Name);
            await _stopping.CancelAsync();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _stopping.Dispose();

    private (RefreshSubject Subject, RefreshDecision Decision)? FindDue(OpenedCredential credential) =>
        MayBeDue(credential.Stored)
        && RefreshSubject.Of(credential, providers) is { } subject
        && subject.Decide(_options.Rules, RefreshWish.WhenDue) is not RefreshDecision.NotDue and var decision
            ? (subject, decision)
            : null;

    // What is noted beside the data spares most reads a look into it.
    private bool MayBeDue(StoredCredential stored) =>
        IsEnabled
        && stored.Metadata.Attributes.Type == CredentialType.OAuthCredentials
        && (!stored.IsExpiryNoted || stored.NotedExpiry - stored.ReadAt <= _options.Rules.Threshold);

    private async Task<RefreshResult> JoinAsync(RefreshSubject subject, RefreshWish wish, CancellationToken cancellationToken)
    {
        var stored = subject.Credential.Stored;
        var key = (stored.RowId, stored.Version);
        var joined = _flights.GetOrAdd(key, _ => new Lazy<Task<RefreshResult>>(() => Launch(key, subject, wish)));
        try
        {
            return await joined.Value.WaitAsync(_options.Timeout, time, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return RefreshResult.Failed(subject.Credential, FailureClass.Transient, RefreshError.StillRunning);
        }
    }

    // Apart from the request that starts it: neither its end nor its context reaches the refresh.
    private Task<RefreshResult> Launch((Guid RowId, long Version) key, RefreshSubject subject, RefreshWish wish)
    {
        var parent = Activity.Current?.Context ?? default;
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Run(async () =>
            {
                try
                {
                    return await flight.RunAsync(subject, wish, parent, _stopping.Token);
                }
                finally
                {
                    _flights.TryRemove(key, out _);
                }
            });
        }
    }

    // Once for each version of a credential: its reads would repeat it all day.
    private async Task ReportAsync(RefreshSubject subject, Action<ILogger, string> log, string reason)
    {
        var stored = subject.Credential.Stored;
        if (_reported.Count >= MaxReported)
        {
            _reported.Clear();
        }

        if (_reported.TryAdd((stored.RowId, stored.Version), true))
        {
            log(logger, stored.Metadata.Name.Value);
            await audit.TryRecordAsync(source.Describe(AuditAction.CredentialRefresh, AuditOutcome.Failure, reason, stored.Metadata.Name.Value));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Credential} is due for a refresh, but its provider is not known: configure it by AXVAULT_OAUTH_<NAME>_TOKEN_URL and _CLIENT_ID")]
        public static partial void UnknownProvider(ILogger logger, string credential);

        [LoggerMessage(LogLevel.Error, "{Credential} is due for a refresh, which needs {Setting}")]
        public static partial void NotConfigured(ILogger logger, string credential, string setting);

        [LoggerMessage(LogLevel.Warning, "The server stops while {Count} refreshes are under way ({Reason})")]
        public static partial void EndedEarly(ILogger logger, int count, string reason);
    }
}
