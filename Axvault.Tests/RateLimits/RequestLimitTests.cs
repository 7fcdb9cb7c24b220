using System.Net;
using Axvault.Api.RateLimits;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Axvault.Tests.RateLimits;

/// <summary>The token bucket of a key or an address, with a fake clock.</summary>
public sealed class RequestLimitTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_bucket_holds_ten_seconds_of_requests_and_refills_at_the_rate()
    {
        var limit = new RequestLimit<string>(5, _time);

        Assert.Equal(50, Taken(limit, "a", 100));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(5, Taken(limit, "a", 100));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(50, Taken(limit, "a", 100));
    }

    [Fact]
    public void Each_client_has_its_own_bucket()
    {
        var limit = new RequestLimit<string>(1, _time);

        Assert.Equal(10, Taken(limit, "a", 20));
        Assert.Equal(10, Taken(limit, "b", 20));
    }

    [Fact]
    public void A_steady_client_within_the_rate_is_never_refused() =>
        Gen.Select(Gen.Int[1, 10_000], Gen.Int[1, 500])
            .Sample(
                (rate, count) =>
                {
                    var time = new FakeTimeProvider();
                    var limit = new RequestLimit<string>(rate, time);
                    return Enumerable
                        .Range(0, count)
                        .All(_ =>
                        {
                            time.Advance(TimeSpan.FromSeconds(1.0 / rate) + TimeSpan.FromTicks(1));
                            return limit.TryTake("a", out var _);
                        });
                }
            );

    [Fact]
    public void The_reported_wait_is_exact() =>
        Gen.Int[1, 1000]
            .Sample(rate =>
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
    public void A_refused_request_takes_nothing_from_the_bucket()
    {
        var limit = new RequestLimit<string>(1, _time);
        Taken(limit, "a", 10_000);

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(1, Taken(limit, "a", 10_000));
    }

    [Fact]
    public async Task Concurrent_requests_do_not_exceed_the_bucket()
    {
        var limit = new RequestLimit<string>(100, _time);

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Taken(limit, "a", 1000))));

        Assert.Equal(1000, taken.Sum());
    }

    [Fact]
    public void A_full_bucket_is_forgotten()
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
    public void Clients_beyond_the_capacity_share_one_bucket_and_known_ones_keep_theirs()
    {
        var limit = new RequestLimit<ClientOrigin>(1, _time, capacity: 1000);
        var early = Network(0);
        limit.TryTake(early, out _);

        var taken = Enumerable.Range(1, 100_000).Count(i => limit.TryTake(Network(i), out _));

        // 999 addresses have a bucket of their own, and all others share one.
        Assert.Equal(999 + 10, taken);
        Assert.Equal(1000, limit.Count);
        Assert.True(limit.TryTake(early, out _));

        // Full buckets make room by themselves, without a call of Sweep.
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(500, Enumerable.Range(200_000, 500).Count(i => limit.TryTake(Network(i), out _)));
        Assert.InRange(limit.Count, 500, 502);
    }

    [Fact]
    public async Task Concurrent_clients_do_not_exceed_the_capacity()
    {
        var limit = new RequestLimit<ClientOrigin>(1, _time, capacity: 500);

        await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(worker =>
                    Task.Run(() =>
                    {
                        for (var i = 0; i < 5000; i++)
                        {
                            limit.TryTake(Network((worker * 5000) + i), out _);
                        }
                    })
                )
        );

        Assert.Equal(500, limit.Count);
    }

    private static int Taken(RequestLimit<string> limit, string subject, int tries) => Enumerable.Range(0, tries).Count(_ => limit.TryTake(subject, out var _));

    // Each number is a /64 of its own, within one /32.
    private static ClientOrigin Network(int number) =>
        ClientOrigin.Of(
            new IPAddress([0x20, 1, 0x0d, 0xb8, (byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number, 0, 0, 0, 0, 0, 0, 0, 1])
        );
}
