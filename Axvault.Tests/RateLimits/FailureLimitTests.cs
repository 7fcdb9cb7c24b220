using System.Net;
using Axvault.Api.RateLimits;
using Microsoft.Extensions.Time.Testing;

namespace Axvault.Tests.RateLimits;

/// <summary>The backoff of an address with failed authentications, with a fake clock.</summary>
public sealed class FailureLimitTests
{
    private static readonly ClientOrigin Here = ClientOrigin.Of(IPAddress.Parse("203.0.113.9"));
    private static readonly ClientOrigin Elsewhere = ClientOrigin.Of(IPAddress.Parse("203.0.113.10"));

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_failure_above_the_limit_is_refused()
    {
        var limit = new FailureLimit(20, _time);

        Assert.Equal(20, FailUntilRefused(limit));
        Assert.Equal(TimeSpan.FromSeconds(1), Wait(limit, Here));
        Assert.True(limit.TryEnter(Elsewhere, out _));
    }

    [Fact]
    public void Failures_below_the_limit_are_never_refused()
    {
        var limit = new FailureLimit(20, _time);

        for (var i = 0; i < 500; i++)
        {
            Assert.True(limit.TryEnter(Here, out _));
            limit.Fail(Here);
            _time.Advance(TimeSpan.FromSeconds(3));
        }
    }

    [Fact]
    public void The_wait_doubles_up_to_one_minute_while_failures_continue()
    {
        var limit = new FailureLimit(5, _time);
        FailUntilRefused(limit);
        List<double> waits = [];

        for (var i = 0; i < 9; i++)
        {
            var wait = Wait(limit, Here);
            waits.Add(wait.TotalSeconds);
            _time.Advance(wait - TimeSpan.FromTicks(1));
            Assert.False(limit.TryEnter(Here, out _));
            _time.Advance(TimeSpan.FromTicks(1));
            Assert.True(limit.TryEnter(Here, out _));
            limit.Fail(Here);
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60, 60], waits);
    }

    [Fact]
    public void A_refused_attempt_does_not_extend_the_wait()
    {
        var limit = new FailureLimit(1, _time);
        FailUntilRefused(limit);

        for (var i = 0; i < 1000; i++)
        {
            Assert.False(limit.TryEnter(Here, out _));
        }

        Assert.Equal(TimeSpan.FromSeconds(1), Wait(limit, Here));
    }

    [Fact]
    public void A_wait_admits_one_attempt_and_a_success_does_not_end_the_backoff()
    {
        var limit = new FailureLimit(1, _time);
        FailUntilRefused(limit);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(limit.TryEnter(Here, out _));
        Assert.Equal(TimeSpan.FromSeconds(1), Wait(limit, Here));

        // That attempt succeeded. The next one fails.
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(limit.TryEnter(Here, out _));
        limit.Fail(Here);
        Assert.Equal(TimeSpan.FromSeconds(2), Wait(limit, Here));
    }

    [Fact]
    public void Concurrent_failures_count_as_one_step_of_the_backoff()
    {
        var limit = new FailureLimit(3, _time);
        for (var i = 0; i < 100; i++)
        {
            limit.Fail(Here);
        }

        Assert.Equal(TimeSpan.FromSeconds(1), Wait(limit, Here));
    }

    [Fact]
    public void The_backoff_shrinks_by_one_step_a_minute_without_failures()
    {
        var limit = new FailureLimit(1, _time);
        FailUntilRefused(limit);
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(Wait(limit, Here));
            Assert.True(limit.TryEnter(Here, out _));
            limit.Fail(Here);
        }

        // The backoff is at its fourth step, of eight seconds. Two minutes take two steps off.
        _time.Advance(TimeSpan.FromSeconds(8 + 120));
        Assert.True(limit.TryEnter(Here, out _));
        limit.Fail(Here);
        Assert.Equal(TimeSpan.FromSeconds(4), Wait(limit, Here));

        _time.Advance(TimeSpan.FromSeconds(4 + 180));
        Assert.True(limit.TryEnter(Here, out _));
        Assert.True(limit.TryEnter(Here, out _));
        limit.Sweep();
        Assert.Equal(0, limit.Count);
    }

    [Fact]
    public void Addresses_beyond_the_capacity_share_one_failure_limit()
    {
        var limit = new FailureLimit(20, _time, capacity: 1000);
        for (var i = 0; i < 50_000; i++)
        {
            limit.Fail(ClientOrigin.Of(new IPAddress([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i])));
        }

        Assert.Equal(1000, limit.Count);
        Assert.False(limit.TryEnter(Here, out _));
        Assert.True(limit.TryEnter(ClientOrigin.Of(IPAddress.Parse("10.0.0.0")), out _));

        _time.Advance(TimeSpan.FromMinutes(5));
        limit.Sweep();
        Assert.Equal(0, limit.Count);
        Assert.True(limit.TryEnter(Here, out _));
    }

    [Fact]
    public void A_limit_of_zero_refuses_nothing()
    {
        var limit = new FailureLimit(0, _time);
        for (var i = 0; i < 1000; i++)
        {
            limit.Fail(Here);
        }

        Assert.True(limit.TryEnter(Here, out _));
        Assert.Equal(0, limit.Count);
    }

    private int FailUntilRefused(FailureLimit limit)
    {
        for (var failures = 0; ; failures++)
        {
            if (!limit.TryEnter(Here, out _))
            {
                return failures;
            }

            limit.Fail(Here);
        }
    }

    private static TimeSpan Wait(FailureLimit limit, ClientOrigin network)
    {
        Assert.False(limit.TryEnter(network, out var refusal));
        return refusal.Wait;
    }
}
