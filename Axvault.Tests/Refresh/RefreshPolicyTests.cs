using Axvault.Api.Refresh;
using Axvault.Api.Stored;
using CsCheck;

namespace Axvault.Tests.Refresh;

public sealed class RefreshPolicyTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly RefreshRules Rules = new(TimeSpan.FromHours(1), TimeSpan.FromMinutes(1), 0.5);

    // The remaining seconds of the access token, its lifetime, and the expected decision.
    [Theory]
    [InlineData(3600.001, null, "NotDue")]
    [InlineData(3600.0, null, "Due")]
    [InlineData(1.0, null, "Due")]
    [InlineData(0.0, null, "Due")]
    [InlineData(-1.0, null, "Due")]
    [InlineData(-1e8, null, "Due")]
    [InlineData(null, null, "NotDue")]
    [InlineData(null, 3600.0, "NotDue")]
    // Half of the hour may remain.
    [InlineData(3600.0, 3600.0, "NotDue")]
    [InlineData(1800.001, 3600.0, "NotDue")]
    [InlineData(1800.0, 3600.0, "Due")]
    [InlineData(0.0, 3600.0, "Due")]
    [InlineData(-1.0, 3600.0, "Due")]
    // For a longer lifetime, the threshold is the narrower bound.
    [InlineData(3601.0, 28800.0, "NotDue")]
    [InlineData(3600.0, 28800.0, "Due")]
    [InlineData(3600.0, 864000.0, "Due")]
    // Short-lived tokens are due when half of their life is over, not on every read.
    [InlineData(10.0, 20.0, "Due")]
    [InlineData(10.1, 20.0, "NotDue")]
    public void A_token_is_due_within_the_threshold_and_the_fraction_of_its_life(double? left, double? lifetime, string decision) =>
        Assert.Equal(decision, Decide(RefreshState.None, left, lifetime: lifetime));

    [Theory]
    [InlineData(0.25, 900.1, "NotDue")]
    [InlineData(0.25, 900.0, "Due")]
    [InlineData(1.0, 3600.0, "Due")]
    [InlineData(0.001, 3.7, "NotDue")]
    [InlineData(0.001, 3.6, "Due")]
    public void The_lifetime_fraction_is_configurable(double fraction, double left, string decision) =>
        Assert.Equal(decision, Decide(RefreshState.None, left, Rules with { LifetimeFraction = fraction }, lifetime: 3600));

    [Theory]
    [InlineData(-1.0)]
    [InlineData(-1e8)]
    [InlineData(0.0)]
    [InlineData(1.0)]
    public void A_threshold_of_zero_refreshes_nothing(double left)
    {
        Assert.Equal("NotDue", Decide(RefreshState.None, left, Rules with { Threshold = TimeSpan.Zero }));
        Assert.Equal("NotDue", Decide(new RefreshState { ClaimedUntil = Now.AddSeconds(1) }, left, Rules with { Threshold = TimeSpan.Zero }));
    }

    [Theory]
    [InlineData(0.0, 60, "NotDue")]
    [InlineData(59.999, 60, "NotDue")]
    [InlineData(60.0, 60, "Due")]
    [InlineData(0.0, 0, "Due")]
    [InlineData(-5.0, 60, "NotDue")]
    public void No_refresh_is_due_within_the_minimum_interval_after_a_success(double ago, int interval, string decision)
    {
        var state = new RefreshState { Status = RefreshStatus.Ok, LastRefreshedAt = Now.AddSeconds(-ago) };
        foreach (var left in new[] { 60.0, -60.0 })
        {
            Assert.Equal(decision, Decide(state, left, Rules with { MinInterval = TimeSpan.FromSeconds(interval) }));
        }
    }

    // The stored status, whether the access token is still valid, the remaining seconds of the leeway, and the seconds to the next attempt.
    [Theory]
    [InlineData(null, true, null, null, "Due")]
    [InlineData(null, false, null, null, "Due")]
    [InlineData("ok", true, null, null, "Due")]
    [InlineData("ok", false, null, null, "Due")]
    [InlineData("ok", true, null, 1, "Withheld")]
    [InlineData("retrying", true, null, null, "Due")]
    [InlineData("retrying", true, null, -1, "Due")]
    [InlineData("retrying", true, null, 0, "Due")]
    [InlineData("retrying", true, null, 1, "Withheld")]
    [InlineData("retrying", false, null, -1, "Due")]
    [InlineData("retrying", false, null, 0, "Due")]
    [InlineData("retrying", false, null, 1, "Withheld")]
    [InlineData("unknown", true, null, null, "Withheld")]
    [InlineData("unknown", true, -1, null, "Withheld")]
    [InlineData("unknown", true, 0, null, "Withheld")]
    [InlineData("unknown", true, 1, null, "Due")]
    [InlineData("unknown", true, 1, -1, "Due")]
    [InlineData("unknown", true, 1, 1, "Withheld")]
    [InlineData("unknown", true, null, -1, "Withheld")]
    [InlineData("unknown", false, null, null, "Due")]
    [InlineData("unknown", false, -1, null, "Due")]
    [InlineData("unknown", false, 1, null, "Due")]
    [InlineData("unknown", false, null, -1, "Due")]
    [InlineData("unknown", false, null, 1, "Withheld")]
    [InlineData("unknown", false, 1, 1, "Withheld")]
    [InlineData("failed", true, null, null, "Withheld")]
    [InlineData("failed", true, 1, -1, "Withheld")]
    [InlineData("failed", false, null, null, "Withheld")]
    [InlineData("failed", false, 1, -1, "Withheld")]
    public void The_stored_state_may_withhold_a_refresh(string? status, bool valid, int? leewayLeft, int? nextAttemptIn, string decision)
    {
        var leeway = TimeSpan.FromSeconds(30);
        var state = new RefreshState
        {
            Status = status is null ? null : RefreshStatus.FromStored(status),
            UnknownSince = leewayLeft is { } left ? Now - leeway + TimeSpan.FromSeconds(left) : null,
            NextAttemptAt = nextAttemptIn is { } next ? Now.AddSeconds(next) : null,
        };
        Assert.Equal(decision, Decide(state, valid ? 60 : 0, leeway: leeway));

        // A claim of another server comes before everything else, but a token that is not due is not decided by it.
        Assert.Equal("Claimed", Decide(state with { ClaimedUntil = Now.AddMilliseconds(1) }, valid ? 60 : 0, leeway: leeway));
        Assert.Equal("Abandoned", Decide(state with { ClaimedUntil = Now }, valid ? 60 : 0, leeway: leeway));
        Assert.Equal("Abandoned", Decide(state with { ClaimedUntil = Now.AddSeconds(-1) }, valid ? 60 : 0, leeway: leeway));
        Assert.Equal("NotDue", Decide(state with { ClaimedUntil = Now.AddSeconds(1) }, 7200, leeway: leeway));
        Assert.Equal("NotDue", Decide(state with { ClaimedUntil = Now.AddSeconds(-1) }, 7200, leeway: leeway));
    }

    [Fact]
    public void An_unknown_outcome_without_a_leeway_is_withheld_at_once() =>
        Assert.Equal("Withheld", Decide(new RefreshState { Status = RefreshStatus.Unknown, UnknownSince = Now }, 60));

    [Theory]
    [InlineData(null, true, null, "Due", "Due")]
    [InlineData("ok", true, null, "Due", "Due")]
    [InlineData("retrying", true, null, "Due", "Due")]
    [InlineData("failed", true, null, "Due", "Due")]
    [InlineData("failed", false, null, "Due", "Due")]
    [InlineData("unknown", true, null, "Withheld", "Due")]
    [InlineData("unknown", true, 0, "Withheld", "Due")]
    [InlineData("unknown", true, 1, "Due", "Due")]
    [InlineData("unknown", false, null, "Withheld", "Due")]
    [InlineData("unknown", null, null, "Withheld", "Due")]
    public void A_refresh_call_is_withheld_only_while_a_token_could_be_lost(
        string? status,
        bool? valid,
        int? leewayLeft,
        string decision,
        string forced
    )
    {
        var leeway = TimeSpan.FromSeconds(30);
        DateTimeOffset? expiry = valid is { } isValid
            ? isValid
                ? Now.AddDays(5)
                : Now
            : null;
        var state = new RefreshState
        {
            Status = status is null ? null : RefreshStatus.FromStored(status),
            UnknownSince = leewayLeft is { } left ? Now - leeway + TimeSpan.FromSeconds(left) : null,
            NextAttemptAt = Now.AddHours(1),
            LastRefreshedAt = Now,
        };
        Assert.Equal(decision, RefreshPolicy.DecideNow(state, expiry, leeway, force: false, Now).ToString());
        Assert.Equal(forced, RefreshPolicy.DecideNow(state, expiry, leeway, force: true, Now).ToString());
        foreach (var force in new[] { false, true })
        {
            Assert.Equal(RefreshDecision.Claimed, RefreshPolicy.DecideNow(state with { ClaimedUntil = Now.AddSeconds(1) }, expiry, leeway, force, Now));
            Assert.Equal(RefreshDecision.Abandoned, RefreshPolicy.DecideNow(state with { ClaimedUntil = Now }, expiry, leeway, force, Now));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_refresh_call_retries_an_unknown_outcome_after_the_access_token_expired(int? nextAttemptIn) =>
        Assert.Equal(
            RefreshDecision.Due,
            RefreshPolicy.DecideNow(
                new RefreshState { Status = RefreshStatus.Unknown, NextAttemptAt = nextAttemptIn is { } next ? Now.AddSeconds(next) : null },
                Now,
                TimeSpan.Zero,
                force: false,
                Now
            )
        );

    // Without the fraction, a token that lives as long as the threshold would be due on every one of the 1440 reads.
    [Theory]
    [InlineData(3600, 0.5, 47)]
    [InlineData(3599, 0.5, 47)]
    [InlineData(3600, 1.0, 1439)]
    [InlineData(28800, 0.5, 3)]
    [InlineData(864000, 0.5, 0)]
    public void A_one_hour_token_read_each_minute_is_refreshed_every_half_hour(int lifetime, double fraction, int expected) =>
        Assert.Equal(expected, Simulate(TimeSpan.FromSeconds(lifetime), Rules with { LifetimeFraction = fraction }, TimeSpan.FromMinutes(1)));

    [Fact]
    public void Reads_each_second_refresh_no_more_often_than_each_minute()
    {
        Assert.Equal(47, Simulate(TimeSpan.FromHours(1), Rules, TimeSpan.FromSeconds(1)));

        // Tokens of ten seconds: the minimum interval holds, although most reads find them expired.
        Assert.Equal(1439, Simulate(TimeSpan.FromSeconds(10), Rules, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void A_token_is_due_exactly_within_threshold_and_lifetime_fraction() =>
        Gen.Select(Gen.Double[-1e6, 1e6], Gen.Double[0.1, 1e6].Nullable(), Gen.Int[0, 100_000], Gen.Double[0.01, 1])
            .Sample(
                static (left, lifetime, threshold, fraction) =>
                {
                    var rules = new RefreshRules(TimeSpan.FromSeconds(threshold), TimeSpan.FromMinutes(1), fraction);
                    var isDue = Decide(RefreshState.None, left, rules, lifetime: lifetime) == "Due";
                    var isWithin =
                        threshold > 0
                        && left <= threshold
                        && (lifetime is null || TimeSpan.FromSeconds(left) <= TimeSpan.FromSeconds(lifetime.Value) * fraction);
                    return isDue == isWithin
                        && Decide(new RefreshState { Status = RefreshStatus.Failed }, left, rules, lifetime: lifetime) is "NotDue" or "Withheld"
                        && Decide(new RefreshState { ClaimedUntil = Now.AddTicks(1) }, left, rules, lifetime: lifetime) is "NotDue" or "Claimed"
                        && Decide(new RefreshState { LastRefreshedAt = Now.AddSeconds(-59) }, left, rules, lifetime: lifetime) == "NotDue";
                }
            );

    private static string Decide(RefreshState state, double? left, RefreshRules? rules = null, double? lifetime = null, TimeSpan leeway = default) =>
        RefreshPolicy
            .Decide(
                rules ?? Rules,
                state,
                left is { } seconds ? Now.AddSeconds(seconds) : null,
                lifetime is { } whole ? TimeSpan.FromSeconds(whole) : null,
                leeway,
                Now
            )
            .ToString();

    // Every refresh takes effect at once, and gives a token of the same lifetime.
    private static int Simulate(TimeSpan lifetime, RefreshRules rules, TimeSpan pause)
    {
        var (state, expiresAt, refreshes) = (
            new RefreshState
            {
                Status = RefreshStatus.Ok,
                LastRefreshedAt = Now,
                Lifetime = lifetime,
            },
            Now + lifetime,
            0
        );
        for (var now = Now + pause; now < Now.AddDays(1); now += pause)
        {
            if (RefreshPolicy.Decide(rules, state, expiresAt, state.Lifetime, TimeSpan.Zero, now) == RefreshDecision.Due)
            {
                (state, expiresAt, refreshes) = (state with { LastRefreshedAt = now }, now + lifetime, refreshes + 1);
            }
        }

        return refreshes;
    }
}
