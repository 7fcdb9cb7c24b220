using Axvault.Api.Audit;
using Axvault.Api.RateLimits;

namespace Axvault.Tests.RateLimits;

/// <summary>Which refusals are entries of their own, and which are counted.</summary>
public sealed class MeterTests
{
    private static readonly AuditEntry Entry = new(AuditAction.RateLimit, "denied") { Server = "s" };

    private readonly RequestMeter _meter = new();

    [Fact]
    public void The_first_is_an_entry_and_the_others_are_counted_until_the_window_ends()
    {
        Assert.Same(Entry, Refuse());
        Assert.All(Enumerable.Range(0, 5), _ => Assert.Null(Refuse()));
        Assert.Equal((false, true), (_meter.HasEnded(59), _meter.HasEnded(60)));
        Assert.Equal((Entry, 5), _meter.End());
        Assert.Equal((null, 0), _meter.End());
        Assert.Same(Entry, Refuse());
    }

    [Fact]
    public void A_first_one_that_was_not_recorded_leaves_its_place_to_the_next()
    {
        Refuse();
        _meter.Forgo();
        Assert.Same(Entry, Refuse());

        Refuse();
        _meter.Forgo();
        Assert.Null(Refuse());
        Assert.Equal((Entry, 2), _meter.End());
    }

    [Fact]
    public void What_could_not_be_recorded_is_counted_on()
    {
        Refuse();
        Refuse();
        var (first, more) = _meter.End();
        _meter.Restore(first!, more);
        Assert.Null(Refuse());

        Assert.True(_meter.HasEnded(0));
        Assert.Equal((Entry, 2), _meter.End());
    }

    [Fact]
    public void A_meter_with_something_to_record_is_not_forgotten()
    {
        Assert.True(_meter.IsIdle(0));
        Refuse();
        Assert.False(_meter.IsIdle(long.MaxValue));
        _meter.End();
        Assert.True(_meter.IsIdle(0));
    }

    private AuditEntry? Refuse() => _meter.Refuse(60, static () => Entry);
}
