using Axvault.Api.Refresh;
using CsCheck;

namespace Axvault.Tests.Refresh;

public sealed class RefreshBackoffTests
{
    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 10)]
    [InlineData(3, 20)]
    [InlineData(4, 40)]
    [InlineData(8, 640)]
    [InlineData(9, 900)]
    [InlineData(10, 900)]
    [InlineData(1000, 900)]
    [InlineData(int.MaxValue, 900)]
    [InlineData(0, 5)]
    [InlineData(-1, 5)]
    public void Each_failure_doubles_the_wait_up_to_fifteen_minutes(int attempts, int seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), RefreshBackoff.After(attempts, null, 1));
        Assert.Equal(TimeSpan.FromSeconds(seconds / 2.0), RefreshBackoff.After(attempts, null, 0));
        Assert.Equal(TimeSpan.FromSeconds(seconds * 0.75), RefreshBackoff.After(attempts, null, 0.5));
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(-10, 5)]
    [InlineData(3, 5)]
    [InlineData(6, 6)]
    [InlineData(3600, 3600)]
    [InlineData(86400, 86400)]
    [InlineData(86401, 86400)]
    [InlineData(int.MaxValue, 86400)]
    public void The_wait_follows_the_provider_but_is_at_most_one_day(int asked, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), RefreshBackoff.After(1, TimeSpan.FromSeconds(asked), 1));

    [Fact]
    public void A_wait_is_always_within_its_bounds() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Long[long.MinValue, long.MaxValue].Select(TimeSpan.FromTicks).Nullable(), Gen.Double[0, 1])
            .Sample(
                static (attempts, asked, chance) =>
                {
                    var wait = RefreshBackoff.After(attempts, asked, chance);
                    return wait >= TimeSpan.FromSeconds(2.5)
                        && wait <= TimeSpan.FromDays(1)
                        && (asked is not { } wish || wait >= wish || wait == TimeSpan.FromDays(1));
                }
            );
}
