using Axvault.Api.Encryption;
using static Axvault.Tests.Encryption.TestKeys;

namespace Axvault.Tests.Encryption;

public sealed class KekAgreementTests
{
    [Theory]
    [InlineData("2 1", "", "", 2)] // a new vault
    [InlineData("2 1", "", "1", 2)] // no other server
    [InlineData("2 1", "1", "1", 1)] // the other server has only the old key
    [InlineData("2 1", "1,2 1", "1", 1)]
    [InlineData("2 1", "1 2,2 1", "1", 2)] // both servers have both keys
    [InlineData("1 2", "2 1", "1 2", 1)] // the rotation is reversed
    [InlineData("3 1 2", "2 1", "2 1", 2)] // the newest key that all servers have
    [InlineData("3 1 2", "2 1", "1 2", 1)]
    [InlineData("3 1 2", "2", "1 2", 2)]
    [InlineData("2", "1", "1", 2)] // no common key
    [InlineData("2 1", "1", "2", 2)] // the vault no longer uses the old key
    public void The_configured_key_is_chosen_when_all_servers_have_it_else_the_newest_shared(string ring, string others, string newestFirst, int chosen) =>
        Assert.Equal(
            Key(chosen).Id,
            KekAgreement.Choose(Ring([.. Numbers(ring)]), Members(others), Numbers(newestFirst).Select(static number => Key(number).Id))
        );

    [Theory]
    [InlineData("2 1", 2, "", true)]
    [InlineData("2 1", 2, "2 1,2 1", true)]
    [InlineData("2 1", 2, "2 1,1 2", false)]
    [InlineData("2 1", 1, "1", false)] // waits for the other server
    public void A_fleet_is_settled_when_all_servers_encrypt_with_the_configured_key(string ring, int current, string others, bool isSettled) =>
        Assert.Equal(isSettled, KekAgreement.IsSettled(Ring([.. Numbers(ring)]).EncryptingWith(Key(current).Id), Members(others)));

    [Fact]
    public void A_ring_that_encrypts_with_another_key_keeps_its_keys_and_its_configured_key()
    {
        var ring = Ring(2, 1, 0).EncryptingWith(Key(1).Id);

        Assert.Equal((Key(1).Id, Key(2).Id), (ring.Current.Id, ring.Configured.Id));
        Assert.Equal(3, ring.All.Count);
        Assert.Throws<ArgumentException>(() => ring.EncryptingWith(Key(3).Id));
    }

    // Each member encrypts with its first key.
    private static List<FleetMember> Members(string others) =>
        [
            .. others
                .Split(',', StringSplitOptions.RemoveEmptyEntries)
                .Select(static keys => new FleetMember(
                    Guid.NewGuid(),
                    "s",
                    Numbers(keys).Select(static number => Key(number).Id).ToHashSet(),
                    Key(Numbers(keys).First()).Id,
                    IsSilent: false
                )),
        ];

    private static IEnumerable<int> Numbers(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static number => number[0] - '0');
}
