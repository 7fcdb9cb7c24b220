using Axvault.Api.Confirmation;

namespace Axvault.Tests.Confirmation;

/// <summary>Who is let into a full memory.</summary>
public sealed class DoorkeeperTests
{
    [Fact]
    public void What_is_asked_for_by_turns_is_seen_the_second_time_although_it_shares_its_place()
    {
        // Four at most are told apart, and all in the same place.
        var doorkeeper = new Doorkeeper(4);

        Assert.All(["a", "b", "c", "d"], name => Assert.False(doorkeeper.HasSeen(name)));
        Assert.All(["a", "b", "c", "d"], name => Assert.True(doorkeeper.HasSeen(name)));
    }

    [Fact]
    public void What_was_asked_for_long_ago_is_forgotten()
    {
        var doorkeeper = new Doorkeeper(64);
        Assert.False(doorkeeper.HasSeen("once"));

        for (var i = 0; i < 10_000; i++)
        {
            doorkeeper.HasSeen($"other.{i}");
        }

        Assert.False(doorkeeper.HasSeen("once"));
    }
}
