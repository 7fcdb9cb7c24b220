using System.Security.Cryptography;
using System.Text;
using Axvault.Api.Keys;

namespace Axvault.Tests.Keys;

public sealed class ApiKeySecretTests
{
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    [Theory]
    [InlineData("axv_sk_0000000000000000000000000000000000000000000")]
    [InlineData("axv_sk_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz")]
    [InlineData("axv_sk_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq")]
    public void A_checksum_is_the_CRC_32_of_the_preceding_text(string body) => Assert.True(ApiKeySecret.TryParse(body + Checksum(body), out _));

    [Fact]
    public void A_new_secret_has_the_format_that_scanners_find_and_parses()
    {
        for (var i = 0; i < 1000; i++)
        {
            var secret = ApiKeySecret.Create();
            Assert.Matches(@"\Aaxv_sk_[0-9A-Za-z]{49}\z", secret.Reveal());
            Assert.True(ApiKeySecret.TryParse(secret.Reveal(), out var parsed));
            Assert.Equal(secret.Reveal(), parsed.Reveal());
            Assert.Equal(secret.Hash(), parsed.Hash());
        }
    }

    [Fact]
    public void New_secrets_do_not_repeat_and_use_the_whole_alphabet_in_every_place()
    {
        var secrets = Enumerable.Range(0, 5000).Select(static _ => ApiKeySecret.Create().Reveal()).ToList();
        Assert.Equal(secrets.Count, secrets.Distinct().Count());
        for (var place = 7; place < 7 + 43; place++)
        {
            // The probability that a character is missing from a place by chance is 62 * 43 * (61/62)^5000, about 10^-32.
            Assert.Equal(Alphabet.Length, secrets.Select(secret => secret[place]).Distinct().Count());
        }
    }

    [Fact]
    public void Every_substitution_of_one_character_is_refused()
    {
        for (var round = 0; round < 20; round++)
        {
            var text = ApiKeySecret.Create().Reveal();
            for (var at = 0; at < text.Length; at++)
            {
                foreach (var c in Alphabet + "_- *\n\0é")
                {
                    if (c != text[at] && ApiKeySecret.TryParse(string.Concat(text.AsSpan(0, at), [c], text.AsSpan(at + 1)), out _))
                    {
                        Assert.Fail($"A change of the character at {at} was accepted.");
                    }
                }
            }
        }
    }

    [Fact]
    public void Every_swap_of_two_adjacent_characters_is_refused()
    {
        for (var round = 0; round < 500; round++)
        {
            var text = ApiKeySecret.Create().Reveal();
            for (var at = 0; at + 1 < text.Length; at++)
            {
                if (text[at] != text[at + 1] && ApiKeySecret.TryParse(string.Concat(text.AsSpan(0, at), [text[at + 1], text[at]], text.AsSpan(at + 2)), out _))
                {
                    Assert.Fail($"A swap of the characters at {at} and {at + 1} was accepted.");
                }
            }
        }
    }

    [Fact]
    public void A_longer_shorter_or_decorated_secret_is_refused()
    {
        var text = ApiKeySecret.Create().Reveal();
        foreach (
            var wrong in new[]
            {
                "",
                "axv_sk_",
                text[..^1],
                text + "0",
                text + "\n",
                " " + text,
                text + " ",
                text[1..],
                text.ToUpperInvariant(),
                text.ToLowerInvariant(),
                text.Replace('_', '-'),
                $"Bearer {text}",
                text + text,
            }
        )
        {
            Assert.False(ApiKeySecret.TryParse(wrong, out var secret));
            Assert.Null(secret);
        }

        Assert.False(ApiKeySecret.TryParse(null, out _));
    }

    [Fact]
    public void The_hash_is_the_sha_256_of_the_text()
    {
        var secret = ApiKeySecret.Create();
        Assert.Equal(SHA256.HashData(Encoding.ASCII.GetBytes(secret.Reveal())), secret.Hash());
    }

    [Fact]
    public void A_secret_is_not_printed()
    {
        var secret = ApiKeySecret.Create();
        Assert.Equal("axv_sk_…", secret.ToString());
        Assert.Equal("axv_sk_…", $"{secret}");
        Assert.DoesNotContain(secret.Reveal()[7..], System.Text.Json.JsonSerializer.Serialize(secret), StringComparison.Ordinal);
    }

    private static string Checksum(string body)
    {
        // CRC-32 bit by bit (ISO 3309, reflected polynomial EDB88320), independent of the library that the server uses.
        var crc = ~0u;
        foreach (var c in body)
        {
            crc ^= c;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        crc = ~crc;
        var digits = "";
        for (var i = 0; i < 6; i++)
        {
            digits = Alphabet[(int)(crc % 62)] + digits;
            crc /= 62;
        }

        return digits;
    }
}
