using System.Collections.Concurrent;
using System.Globalization;
using Axvault.Api.Authorization;
using Axvault.Api.Broker.Usage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Broker.Limits;

/// <summary>The limits of use of a key, or of all keys of a rule together. The database counts for the whole fleet.</summary>
internal sealed partial class UseLimits(UsageStore store, UsageCounter counter, BrokerTelemetry telemetry, TimeProvider time, ILogger<UseLimits> logger)
{
    private const double NearFraction = 0.8;
    private const string Tokens = "tokens_per_day";
    private const string Requests = "requests_per_minute";

    // The accounts that were told to be near their limit, each with the day.
    private readonly ConcurrentDictionary<string, DateOnly> _told = [];

    /// <summary>Returns the refusal of a call over a limit of its key; <see langword="null"/> when it may be made.</summary>
    public async Task<ProblemHttpResult?> FindReachedAsync(Caller caller, HttpContext context, CancellationToken cancellationToken)
    {
        var limits = caller.Scope.Limits;
        var account = caller.Rule is { } rule ? $"rule {rule}" : $"key {caller.KeyId}";
        if (limits.TokensPerDay is { } tokens)
        {
            var used = await CountTokensAsync(caller, cancellationToken);
            if (used >= tokens)
            {
                telemetry.Limited(Tokens, "reached");
                return BrokerProblems.Spent(
                    string.Create(CultureInfo.InvariantCulture, $"The {account} has used its {tokens} tokens of the day. The next day begins at 00:00 UTC.")
                );
            }

            if (used >= tokens * NearFraction && IsFirstToday(account))
            {
                telemetry.Limited(Tokens, "near");
                Log.IsNear(logger, account, used, tokens);
            }
        }

        if (limits.RequestsPerMinute is { } requests)
        {
            // A call that is decided anew, by the rows of the database, is the same call.
            var minute = context.Features.Get<MinuteCount>() ?? await store.CountMinuteAsync(account, cancellationToken);
            context.Features.Set(minute);
            if (minute.Calls > requests)
            {
                telemetry.Limited(Requests, "reached");
                context.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(minute.UntilNext.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
                return BrokerProblems.TooMany(
                    string.Create(CultureInfo.InvariantCulture, $"The {account} has made its {requests} calls of this minute. Try again in the next one.")
                );
            }
        }

        return null;
    }

    // A call is never let through by a count that misses some use, and never refused by one that counts some twice.
    private async Task<long> CountTokensAsync(Caller caller, CancellationToken cancellationToken)
    {
        while (true)
        {
            var written = counter.WrittenBatches;
            var (stored, batch) = await store.CountTodayAsync(caller, cancellationToken);
            var pending = counter.PendingTokens(caller, batch);
            // A batch that was written meanwhile may be in neither number.
            if (counter.WrittenBatches == written)
            {
                return stored + pending;
            }
        }
    }

    private bool IsFirstToday(string account)
    {
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        if (_told.TryGetValue(account, out var told) && told == today)
        {
            return false;
        }

        _told[account] = today;
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The {Account} has used {Used} of its {Limit} tokens of the day")]
        public static partial void IsNear(ILogger logger, string account, long used, long limit);
    }
}
