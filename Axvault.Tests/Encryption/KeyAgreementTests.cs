using Axvault.Api.Encryption;
using static Axvault.Tests.Encryption.TestKeys;

namespace Axvault.Tests.Encryption;

public sealed class KeyAgreementTests
{
    [Theory]
    [InlineData("2 1", "", "", 2)] // a new vault
    [InlineData("2 1", "", "1", 2)] // alone
    [InlineData("2 1", "1", "1", 1)] // the other has the old key alone
    [InlineData("2 1", "1,2 1", "1", 1)]
    [InlineData("2 1", "1 2,2 1", "1", 2)] // both have both
    [InlineData("1 2", "2 1", "1 2", 1)] // the reverse
    [InlineData("3 1 2", "2 1", "2 1", 2)] // the newest that all have
    [InlineData("3 1 2", "2 1", "1 2", 1)]
    [InlineData("3 1 2", "2", "1 2", 2)]
    [InlineData("2", "1", "1", 2)] // nothing in common
    [InlineData("2 1", "1", "2", 2)] // the vault is not under the old key any more
    public void The_configured_key_is_chosen_when_all_have_it_else_the_newest_of_the_vault_that_all_have(string ring, string others, string newestFirst, int chosen) =>
        Assert.Equal(Key(chosen).Id, KeyAgreement.Choose(Ring([.. Numbers(ring)]), Members(others), Numbers(newestFirst).Select(static number => Key(number).Id)));

    [Theory]
    [InlineData("2 1", 2, "", true)]
    [InlineData("2 1", 2, "2 1,2 1", true)]
    [InlineData("2 1", 2, "2 1,1 2", false)]
    [InlineData("2 1", 1, "1", false)] // waits for the other
    public void A_fleet_is_settled_when_all_encrypt_with_what_this_server_is_configured_with(string ring, int current, string others, bool isSettled) =>
        Assert.Equal(isSettled, KeyAgreement.IsSettled(Ring([.. Numbers(ring)]).EncryptingWith(Key(current).Id), Members(others)));

    [Fact]
    public void A_ring_that_encrypts_with_another_of_its_keys_opens_and_is_configured_as_before()
    {
        var ring = Ring(2, 1, 0).EncryptingWith(Key(1).Id);

        Assert.Equal((Key(1).Id, Key(2).Id), (ring.Current.Id, ring.Configured.Id));
        Assert.Equal(3, ring.All.Count);
        Assert.Throws<ArgumentException>(() => ring.EncryptingWith(Key(3).Id));
    }

    // Each encrypts with its first key.
    private static List<FleetMember> Members(string others) =>
        [.. others.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static keys => new FleetMember(Guid.NewGuid(), "s", Numbers(keys).Select(static number => Key(number).Id).ToHashSet(), Key(Numbers(keys).First()).Id, IsSilent: false))];

    private static IEnumerable<int> Numbers(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static number => number[0] - '0');
}
