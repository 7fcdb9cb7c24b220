using Axvault.Api.Encryption;
using static Axvault.Tests.Encryption.TestKeys;

namespace Axvault.Tests.Encryption;

public sealed class VaultKeyCheckTests
{
    [Theory]
    [InlineData("1", "", "")] // a new vault
    [InlineData("1 2", "", "")]
    [InlineData("1", "1", "")]
    [InlineData("1", "1", "1")]
    [InlineData("2 1", "1", "1")] // a rotation: key 1 was current, key 2 becomes current
    [InlineData("1 2", "1", "1")] // the first phase of the rotation
    [InlineData("2 1", "1 2", "1 2")]
    [InlineData("2", "1 2", "2")] // the end of the rotation: nothing is left under key 1
    [InlineData("2", "1 2", "")]
    [InlineData("3 1", "1 2", "1")]
    public void A_ring_that_opens_everything_is_accepted(string ring, string known, string inUse) => Verify(ring, known, inUse);

    [Theory]
    [InlineData("2", "1", "")]
    [InlineData("2", "1", "1")]
    [InlineData("3 4", "1 2", "1")]
    public void A_ring_without_any_key_of_the_vault_is_refused(string ring, string known, string inUse) =>
        Assert.Contains("AXVAULT_ENCRYPTION_KEY is not the key of this vault", Refused(ring, known, inUse), StringComparison.Ordinal);

    [Theory]
    [InlineData("1", "1 2", "2", "20 credentials", "2")]
    [InlineData("2", "1 2", "1 2", "10 credentials", "1")]
    [InlineData("3", "1 2 3", "1 2", "30 credentials", "1 2")]
    [InlineData("1", "1", "2", "20 credentials", "2")] // a key that has never opened the vault
    [InlineData("1", "", "2", "20 credentials", "2")]
    public void A_ring_that_cannot_open_credentials_is_refused_with_their_number_and_keys(string ring, string known, string inUse, string count, string missing)
    {
        var message = Refused(ring, known, inUse);
        Assert.StartsWith(count, message, StringComparison.Ordinal);
        Assert.Contains("AXVAULT_ENCRYPTION_KEY_PREVIOUS", message, StringComparison.Ordinal);
        Assert.All(Numbers(missing), number => Assert.Contains(Key(number).Id.ToString(), message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_wrong_check_value_is_refused_for_every_key_of_the_ring()
    {
        foreach (var wrong in new[] { 1, 2 })
        {
            var known = Known("1 2");
            known[Key(wrong).Id] = [.. Key(wrong).CheckValue];
            known[Key(wrong).Id][31] ^= 1;
            var message = Assert.Throws<VaultKeyException>(() => VaultKeyCheck.Verify(Ring(1, 2), known, InUse(""))).Message;
            Assert.Contains(Key(wrong).Id.ToString(), message, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToHexStringLower(Key(wrong).CheckValue), message, StringComparison.OrdinalIgnoreCase);
        }

        Assert.Throws<VaultKeyException>(static () => VaultKeyCheck.Verify(Ring(1), new Dictionary<KekId, byte[]> { [Key(1).Id] = [] }, InUse("")));
    }

    [Theory]
    [InlineData("2", "2", "")]
    [InlineData("2 1", "2 1", "1>2")]
    [InlineData("2 1", "2 1", "")] // the rotation has not ended
    [InlineData("2", "2 1", "1>2 0>2")]
    [InlineData("2", "2", "1>2 0>1 0>2")] // the same key, wrapped twice
    [InlineData("2 1", "2", "0>1")]
    [InlineData("2", "2", "2>1")] // the current key, which needs no wrapping
    public void A_ring_that_opens_the_keys_of_the_audit_log_is_accepted(string ring, string known, string kept) =>
        VaultKeyCheck.VerifyAuditKeys(Ring([.. Numbers(ring)]), Numbers(known).Select(static number => Key(number).Id), [.. Kept(kept)]);

    [Theory]
    [InlineData("2", "2", "0>1", 1)]
    [InlineData("2", "2", "1>2 0>1", 1)]
    [InlineData("2 3", "2", "0>1", 1)]
    [InlineData("2", "2 1", "", 1)] // the rotation has not ended
    [InlineData("2", "2 1 0", "0>2", 1)]
    public void A_ring_that_cannot_open_a_key_of_the_audit_log_is_refused(string ring, string known, string kept, int missing)
    {
        var keks = Numbers(known).Select(static number => Key(number).Id);
        var message = Assert.Throws<VaultKeyException>(() => VaultKeyCheck.VerifyAuditKeys(Ring([.. Numbers(ring)]), keks, [.. Kept(kept)])).Message;
        Assert.Contains(Key(missing).Id.ToString(), message, StringComparison.Ordinal);
        Assert.Contains("AXVAULT_ENCRYPTION_KEY_PREVIOUS", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2 1", 1, false)]
    [InlineData("1 2", 2, false)]
    [InlineData("1", 2, true)] // the last sign of the server is old
    public void A_ring_with_the_keys_that_other_servers_encrypt_with_is_accepted(string ring, int encryptsWith, bool isSilent) =>
        VaultKeyCheck.VerifyFleet(Ring([.. Numbers(ring)]), [Server(encryptsWith, isSilent)]);

    [Fact]
    public void A_ring_without_the_key_that_another_server_encrypts_with_is_refused()
    {
        var message = Assert
            .Throws<VaultKeyException>(static () => VaultKeyCheck.VerifyFleet(Ring(1), [Server(1, isSilent: false), Server(2, isSilent: false)]))
            .Message;
        Assert.Contains("The server host/2 encrypts with a key that is not configured here", message, StringComparison.Ordinal);
        Assert.Contains(Key(2).Id.ToString(), message, StringComparison.Ordinal);
    }

    private static FleetMember Server(int encryptsWith, bool isSilent) =>
        new(Guid.NewGuid(), $"host/{encryptsWith}", new HashSet<KekId> { Key(encryptsWith).Id }, Key(encryptsWith).Id, isSilent);

    private static IEnumerable<(KekId, KekId)> Kept(string kept) =>
        kept.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static pair => (Key(pair[0] - '0').Id, Key(pair[2] - '0').Id));

    private static void Verify(string ring, string known, string inUse) => VaultKeyCheck.Verify(Ring([.. Numbers(ring)]), Known(known), InUse(inUse));

    private static string Refused(string ring, string known, string inUse) => Assert.Throws<VaultKeyException>(() => Verify(ring, known, inUse)).Message;

    private static IEnumerable<int> Numbers(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static number => number[0] - '0');

    private static Dictionary<KekId, byte[]> Known(string numbers) =>
        Numbers(numbers).ToDictionary(static n => Key(n).Id, static n => Key(n).CheckValue);

    private static Dictionary<KekId, long> InUse(string numbers) => Numbers(numbers).ToDictionary(static n => Key(n).Id, static n => n * 10L);
}
