using Axvault.Api.Database;
using Microsoft.Extensions.Time.Testing;

namespace Axvault.Tests.Database;

/// <summary>The estimate of the database's time follows its fastest answers.</summary>
public sealed class DatabaseClockTests
{
    private static readonly TimeSpan Ahead = TimeSpan.FromHours(3);

    private readonly SetClock _time = new();
    private readonly DatabaseClock _clock;

    public DatabaseClockTests()
    {
        _clock = new DatabaseClock(_time);
        _clock.Set(_time.GetUtcNow() + Ahead);
    }

    private TimeSpan Offset => _clock.Now - _time.GetUtcNow();

    [Fact]
    public void A_slow_answer_does_not_set_the_clock_back()
    {
        _clock.Set(_time.GetUtcNow() + Ahead - TimeSpan.FromMilliseconds(400));

        Assert.Equal(Ahead, Offset);
    }

    [Fact]
    public void A_faster_answer_sets_the_clock_forward()
    {
        var nearer = Ahead + TimeSpan.FromMilliseconds(40);

        _clock.Set(_time.GetUtcNow() + nearer);

        Assert.Equal(nearer, Offset);
    }

    [Fact]
    public void A_clock_that_was_set_back_is_followed_at_once()
    {
        _clock.Set(_time.GetUtcNow() - Ahead);

        Assert.Equal(-Ahead, Offset);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-2)]
    public void A_clock_of_the_server_that_is_set_moves_nothing(int hours)
    {
        var before = _clock.Now;

        _time.Shift = TimeSpan.FromHours(hours);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(before + TimeSpan.FromSeconds(1), _clock.Now);
    }

    [Fact]
    public void A_clock_that_drifts_is_followed()
    {
        var slower = Ahead - TimeSpan.FromMilliseconds(50);
        for (var i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _clock.Set(_time.GetUtcNow() + slower);
        }

        Assert.Equal(slower, Offset);
    }

    // The wall clock can be set. The monotonic clock cannot.
    private sealed class SetClock : FakeTimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;

        public override long GetTimestamp() => base.GetUtcNow().UtcTicks;
    }
}
