using Axvault.Api.Authorization;

namespace Axvault.Tests.Authorization;

public sealed class KeyIdTests
{
    [Fact]
    public void A_new_id_is_k_and_12_hexadecimal_digits()
    {
        for (var i = 0; i < 1000; i++)
        {
            var id = KeyId.Create();
            Assert.Matches(@"\Ak_[0-9a-f]{12}\z", id.Value);
            Assert.True(KeyId.TryParse(id.Value, out var parsed));
            Assert.Equal(id, parsed);
        }
    }

    [Fact]
    public void New_ids_do_not_repeat() => Assert.Equal(10_000, Enumerable.Range(0, 10_000).Select(static _ => KeyId.Create()).Distinct().Count());

    [Theory]
    [InlineData("")]
    [InlineData("k_")]
    [InlineData("k_0123456789a")]
    [InlineData("k_0123456789abc")]
    [InlineData("K_0123456789ab")]
    [InlineData("k-0123456789ab")]
    [InlineData("k_0123456789AB")]
    [InlineData("k_0123456789ag")]
    [InlineData("k_0123456789a\n")]
    [InlineData("k_0123456789ab\n")]
    [InlineData("k_0123456789a\0")]
    [InlineData(" k_0123456789a")]
    [InlineData("k_0123456789a*")]
    [InlineData("k_0123456789a/")]
    [InlineData("k_012345%2f9ab")]
    [InlineData("k_٠123456789ab")]
    [InlineData("k_............")]
    public void Other_texts_are_not_ids(string text)
    {
        Assert.False(KeyId.TryParse(text, out _));
        Assert.Throws<FormatException>(() => KeyId.FromStored(text));
    }

    [Fact]
    public void Null_is_not_an_id() => Assert.False(KeyId.TryParse(null, out _));

    [Fact]
    public void An_id_is_printed_unchanged() => Assert.Equal("k_0123456789ab", KeyId.FromStored("k_0123456789ab").ToString());
}
