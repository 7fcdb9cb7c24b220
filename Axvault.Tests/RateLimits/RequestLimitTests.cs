using System.Net;
using Axvault.Api.RateLimits;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Axvault.Tests.RateLimits;

/// <summary>How many requests there may be, by a clock that the test sets.</summary>
public sealed class RequestLimitTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Ten_seconds_worth_may_come_at_once_and_then_as_many_as_the_rate_allows()
    {
        var limit = new RequestLimit<string>(5, _time);

        Assert.Equal(50, Taken(limit, "a", 100));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(5, Taken(limit, "a", 100));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(50, Taken(limit, "a", 100));
    }

    [Fact]
    public void Each_has_its_own()
    {
        var limit = new RequestLimit<string>(1, _time);

        Assert.Equal(10, Taken(limit, "a", 20));
        Assert.Equal(10, Taken(limit, "b", 20));
    }

    [Fact]
    public void A_steady_client_within_the_rate_is_never_refused() =>
        Gen.Select(Gen.Int[1, 10_000], Gen.Int[1, 500]).Sample((rate, count) =>
        {
            var time = new FakeTimeProvider();
            var limit = new RequestLimit<string>(rate, time);
            return Enumerable.Range(0, count).All(_ =>
            {
                time.Advance(TimeSpan.FromSeconds(1.0 / rate) + TimeSpan.FromTicks(1));
                return limit.TryTake("a", out var _);
            });
        });

    [Fact]
    public void What_is_said_to_wait_is_enough_and_no_less_is() =>
        Gen.Int[1, 1000].Sample(rate =>
        {
            var time = new FakeTimeProvider();
            var limit = new RequestLimit<string>(rate, time);
            Taken(limit, "a", rate * 10);
            Assert.False(limit.TryTake("a", out var refusal));
            time.Advance(refusal.Wait - TimeSpan.FromTicks(1));
            Assert.False(limit.TryTake("a", out _));
            time.Advance(TimeSpan.FromTicks(1));
            Assert.True(limit.TryTake("a", out _));
        });

    [Fact]
    public void What_is_refused_costs_nothing()
    {
        var limit = new RequestLimit<string>(1, _time);
        Taken(limit, "a", 10_000);

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(1, Taken(limit, "a", 10_000));
    }

    [Fact]
    public async Task Those_who_come_at_once_do_not_get_more_together()
    {
        var limit = new RequestLimit<string>(100, _time);

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Taken(limit, "a", 1000))));

        Assert.Equal(1000, taken.Sum());
    }

    [Fact]
    public void Whoever_has_been_quiet_is_forgotten()
    {
        var limit = new RequestLimit<string>(1, _time);
        Taken(limit, "a", 5);
        Taken(limit, "b", 1);

        _time.Advance(TimeSpan.FromSeconds(2));
        limit.Sweep();
        Assert.Equal(1, limit.Count);

        _time.Advance(TimeSpan.FromSeconds(3));
        limit.Sweep();
        Assert.Equal(0, limit.Count);
        Assert.Equal(10, Taken(limit, "a", 20));
    }

    [Fact]
    public void However_many_addresses_come_memory_is_bounded_and_those_who_were_there_are_served()
    {
        var limit = new RequestLimit<ClientOrigin>(1, _time, capacity: 1000);
        var early = Network(0);
        limit.TryTake(early, out _);

        var taken = Enumerable.Range(1, 100_000).Count(i => limit.TryTake(Network(i), out _));

        // 999 have a meter of their own, and all others share one.
        Assert.Equal(999 + 10, taken);
        Assert.Equal(1000, limit.Count);
        Assert.True(limit.TryTake(early, out _));

        // What is as good as new makes room, without anybody's asking.
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(500, Enumerable.Range(200_000, 500).Count(i => limit.TryTake(Network(i), out _)));
        Assert.InRange(limit.Count, 500, 502);
    }

    [Fact]
    public async Task The_bound_holds_when_they_come_at_once()
    {
        var limit = new RequestLimit<ClientOrigin>(1, _time, capacity: 500);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            for (var i = 0; i < 5000; i++)
            {
                limit.TryTake(Network((worker * 5000) + i), out _);
            }
        })));

        Assert.Equal(500, limit.Count);
    }

    private static int Taken(RequestLimit<string> limit, string subject, int tries) => Enumerable.Range(0, tries).Count(_ => limit.TryTake(subject, out var _));

    // A /64 each, of one /32.
    private static ClientOrigin Network(int number) =>
        ClientOrigin.Of(new IPAddress([0x20, 1, 0x0d, 0xb8, (byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number, 0, 0, 0, 0, 0, 0, 0, 1]));
}
