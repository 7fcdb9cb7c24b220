using Axvault.Api.Chain;
using Axvault.Api.RateLimits;

namespace Axvault.Tests.RateLimits;

/// <summary>A refusal is either an audit entry of its own or counted in the next one.</summary>
public sealed class MeterTests
{
    private static readonly AuditEntry Entry = new(AuditAction.RateLimit, "denied") { Server = "s" };

    private readonly RequestMeter _meter = new();

    [Fact]
    public void The_first_refusal_of_a_window_is_an_entry_and_later_ones_are_counted()
    {
        Assert.Same(Entry, Refuse());
        Assert.All(Enumerable.Range(0, 5), _ => Assert.Null(Refuse()));
        Assert.Equal((false, true), (_meter.HasEnded(59), _meter.HasEnded(60)));
        Assert.Equal((Entry, 5), _meter.End());
        Assert.Equal((null, 0), _meter.End());
        Assert.Same(Entry, Refuse());
    }

    [Fact]
    public void An_unrecorded_first_refusal_leaves_its_place_to_the_next()
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
    public void A_meter_with_unrecorded_refusals_is_not_idle()
    {
        Assert.True(_meter.IsIdle(0));
        Refuse();
        Assert.False(_meter.IsIdle(long.MaxValue));
        _meter.End();
        Assert.True(_meter.IsIdle(0));
    }

    private AuditEntry? Refuse() => _meter.Refuse(60, static () => Entry);
}
