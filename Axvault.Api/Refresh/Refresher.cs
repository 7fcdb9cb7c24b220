using System.Collections.Concurrent;
using System.Diagnostics;
using Axvault.Api.Audit;
using Axvault.Api.Chain;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Stored;

namespace Axvault.Api.Refresh;

/// <summary>
/// Returns credentials with fresh tokens. Many callers share one refresh in this process, and the fleet refreshes once (<see cref="RefreshFlight"/>). A
/// refresh belongs to no caller: it goes on when they disconnect, and a stop waits for it.
/// </summary>
internal sealed partial class Refresher(
    RefreshFlight flight,
    ProviderCatalog providers,
    AuditLog audit,
    AuditSource source,
    RefreshOptions options,
    TimeProvider time,
    ILogger<Refresher> logger
) : IHostedService, IDisposable
{
    private const int MaxReported = 10_000;

    private readonly ConcurrentDictionary<(Guid VersionId, long Revision), Lazy<Task<RefreshResult>>> _flights = [];
    private readonly ConcurrentDictionary<(Guid VersionId, long Revision), bool> _reported = [];
    private readonly CancellationTokenSource _stopping = new();

    /// <summary><see langword="true"/> when this server refreshes at all; otherwise <see langword="false"/>.</summary>
    public bool IsEnabled => options.Rules.Threshold > TimeSpan.Zero;

    /// <summary>Returns <see langword="true"/> when the tokens are due, withheld or not; otherwise <see langword="false"/>.</summary>
    public bool IsDue(OpenedCredential credential) => FindDue(credential) is not null;

    /// <summary>Returns <paramref name="credential"/>, and says in its metadata when the expiry of its tokens is not known. Nothing is due then.</summary>
    public OpenedCredential Explain(OpenedCredential credential) =>
        IsEnabled
        && credential.Stored is { IsExpiryNoted: false } or { NotedExpiry: null }
        && credential.Stored.Refresh.Status is null
        && RefreshSubject.Of(credential, providers) is { HasUnknownExpiry: true, Obstacle: null or RefreshError.UnreadableExpiry } subject
            ? subject.Explained()
            : credential;

    /// <summary>Refreshes the tokens of <paramref name="credential"/> when they are due. Waits as long as a refresh may take.</summary>
    /// <param name="credential">The credential, as it was just read.</param>
    /// <param name="cancellationToken">Ends the wait, not the refresh.</param>
    public async Task<RefreshResult> RefreshIfDueAsync(OpenedCredential credential, CancellationToken cancellationToken)
    {
        if (FindDue(credential) is not var (subject, decision))
        {
            return RefreshResult.NotDue(Explain(credential));
        }

        if (subject.Obstacle is { } obstacle)
        {
            await ReportAsync(subject, RefreshObstacles.Explain(subject));
            return RefreshResult.Failed(subject.Explained(), FailureClass.Misconfigured, obstacle);
        }

        return decision == RefreshDecision.Withheld ? subject.Withheld() : await JoinAsync(subject, RefreshWish.WhenDue, cancellationToken);
    }

    /// <summary>Refreshes the tokens of <paramref name="credential"/> now.</summary>
    /// <param name="credential">The credential, as it was just read.</param>
    /// <param name="force"><see langword="true"/> to send a refresh token again that the provider may have spent; otherwise <see langword="false"/>.</param>
    /// <param name="cancellationToken">Ends the wait, not the refresh.</param>
    /// <returns>The result, or a sentence that says why the credential cannot be refreshed.</returns>
    public async Task<(RefreshResult? Result, string? Obstacle)> RefreshNowAsync(OpenedCredential credential, bool force, CancellationToken cancellationToken)
    {
        if (!IsEnabled)
        {
            return (null, "This server refreshes nothing: its threshold is 0.");
        }

        if (RefreshSubject.Of(credential, providers) is not { } subject)
        {
            return (null, "The credential has no refresh token, or is of a kind that is not refreshed.");
        }

        if (subject.Obstacle is not null)
        {
            return (null, $"Nothing can be sent: {RefreshObstacles.Explain(subject)}.");
        }

        var wish = force ? RefreshWish.NowAgain : RefreshWish.Now;
        return subject.Decide(options.Rules, wish) == RefreshDecision.Withheld
            ? (
                null,
                "The last refresh ended without an answer. Sending the same refresh token twice could revoke the login, so it is retried once, after the "
                    + "access token expires and the lost server has had time to store its result. To retry now, add ?force=true."
            )
            : (await JoinAsync(subject, wish, cancellationToken), null);
    }

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Waits for running refreshes. When the time is up, waits for the spool alone.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var running = _flights.Values.Select(static lazy => lazy.Value).ToList();
        try
        {
            await Task.WhenAll(running).WaitAsync(cancellationToken);
        }
        catch (Exception exception)
        {
            // The callers of a flight learn its failure. Here only its end matters.
            Log.EndedEarly(logger, running.Count(static task => !task.IsCompleted), exception.GetType().Name);
            await _stopping.CancelAsync();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _stopping.Dispose();

    private (RefreshSubject Subject, RefreshDecision Decision)? FindDue(OpenedCredential credential) =>
        MayBeDue(credential.Stored)
        && RefreshSubject.Of(credential, providers) is { } subject
        && subject.Decide(options.Rules, RefreshWish.WhenDue) is not RefreshDecision.NotDue and var decision
            ? (subject, decision)
            : null;

    // The noted expiry spares most reads from opening the data.
    private bool MayBeDue(StoredCredential stored) =>
        IsEnabled
        && stored.Metadata.Attributes.Type == CredentialType.OAuthCredentials
        && (!stored.IsExpiryNoted || stored.NotedExpiry - stored.ReadAt <= options.Rules.Threshold);

    private async Task<RefreshResult> JoinAsync(RefreshSubject subject, RefreshWish wish, CancellationToken cancellationToken)
    {
        var stored = subject.Credential.Stored;
        var key = (stored.VersionId, stored.Revision);
        var joined = _flights.GetOrAdd(key, _ => new Lazy<Task<RefreshResult>>(() => Launch(key, subject, wish)));
        try
        {
            return await joined.Value.WaitAsync(options.Timeout, time, cancellationToken);
        }
        catch (Exception exception)
            when (exception is TimeoutException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return RefreshResult.Failed(subject.Credential, FailureClass.Transient, RefreshError.StillRunning);
        }
    }

    // The refresh runs apart from the request that starts it: neither its end nor its context reaches the refresh.
    private Task<RefreshResult> Launch((Guid VersionId, long Revision) key, RefreshSubject subject, RefreshWish wish)
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

    // Logged once for each credential version. Its reads would repeat it all day.
    private async Task ReportAsync(RefreshSubject subject, string reason)
    {
        var stored = subject.Credential.Stored;
        if (_reported.Count >= MaxReported)
        {
            _reported.Clear();
        }

        if (_reported.TryAdd((stored.VersionId, stored.Revision), true))
        {
            Log.NothingSent(logger, stored.Metadata.Name.Value, reason);
            await audit.TryRecordAsync(source.Describe(AuditAction.CredentialRefresh, AuditOutcome.Failure, reason, stored.Metadata.Name.Value));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Credential} is due for a refresh, and nothing is sent: {Reason}")]
        public static partial void NothingSent(ILogger logger, string credential, string reason);

        [LoggerMessage(LogLevel.Warning, "The server stops while {Count} refreshes are under way ({Reason})")]
        public static partial void EndedEarly(ILogger logger, int count, string reason);
    }
}
