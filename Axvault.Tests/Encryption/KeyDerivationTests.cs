using Axvault.Api.Encryption;

namespace Axvault.Tests.Encryption;

/// <summary>The least that a stored derivation must have, and the rows without which a vault in use does not open.</summary>
public sealed class KeyDerivationTests
{
    [Theory]
    [InlineData("pbkdf2-hmac-sha256", 32, 1)]
    [InlineData("pbkdf2-hmac-sha256", 32, 0)]
    [InlineData("pbkdf2-hmac-sha256", 32, -600_000)]
    [InlineData("pbkdf2-hmac-sha256", 32, 100_000)]
    [InlineData("pbkdf2-hmac-sha256", 32, 599_999)]
    [InlineData("pbkdf2-hmac-sha256", 32, int.MaxValue)]
    [InlineData("pbkdf2-hmac-sha256", 15, 600_000)]
    [InlineData("pbkdf2-hmac-sha256", 0, 600_000)]
    [InlineData("pbkdf2-hmac-sha1", 32, 600_000)]
    [InlineData("", 32, 600_000)]
    public void A_weak_derivation_is_refused(string function, int salt, int iterations) =>
        Assert.Contains(
            "changed by hand",
            Assert.Throws<VaultKeyException>(() => KeyDerivation.Read(function, new byte[salt], iterations)).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void The_derivation_of_a_new_vault_is_accepted()
    {
        var fresh = KeyDerivation.Create();

        Assert.Equal(fresh, KeyDerivation.Read(KeyDerivation.Function, fresh.Salt, fresh.Iterations));
    }

    [Theory]
    [InlineData(false, false, "audit entries")]
    [InlineData(true, false, "API keys")]
    [InlineData(false, true, "credentials")]
    public void A_vault_in_use_whose_key_rows_are_gone_is_refused(bool hasDerivation, bool hasKeks, string remains) =>
        Assert.Contains(
            remains,
            Assert.Throws<VaultKeyException>(() => VaultKeyCheck.VerifyRemains(hasDerivation, hasKeks, [remains])).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_start_that_was_cut_off_can_be_made_again(bool hasDerivation, bool hasKeks) => VaultKeyCheck.VerifyRemains(hasDerivation, hasKeks, []);
}
