using System.Security.Cryptography;
using Axvault.Api.Encryption;

namespace Axvault.Tests.Encryption;

public sealed class KnownAnswerTests
{
    public static TheoryData<int> Vectors => [.. Enumerable.Range(0, EnvelopeVector.All.Length)];

    [Theory]
    [MemberData(nameof(Vectors))]
    public void A_key_its_id_and_its_check_value_are_derived_as_documented(int number)
    {
        var vector = EnvelopeVector.All[number];
        var key = vector.DeriveKey();
        Assert.Equal(vector.IdHex, key.Id.ToString());
        Assert.Equal(vector.IdHex, Convert.ToHexStringLower(key.Id.ToArray()));
        Assert.Equal(vector.CheckHex, Convert.ToHexStringLower(key.CheckValue));
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void An_envelope_is_byte_for_byte_as_documented(int number)
    {
        var vector = EnvelopeVector.All[number];
        var envelope = Envelope.Seal(vector.DeriveKey(), vector.Context, vector.PlaintextBytes, EnvelopeVector.DataKey, EnvelopeVector.Nonce);
        Assert.Equal(vector.SealedHex, Convert.ToHexStringLower(envelope));
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void A_documented_envelope_opens(int number)
    {
        var vector = EnvelopeVector.All[number];
        Assert.Equal(vector.PlaintextBytes, Envelope.Open(new KeyRing(vector.DeriveKey()), vector.Context, vector.Sealed));
    }

    [Fact]
    public void An_envelope_of_format_2_is_byte_for_byte_as_documented()
    {
        var vector = EnvelopeVector.All[0];
        var context = vector.Context with { Subject = EnvelopeVector.Subject };
        var envelope = Envelope.Seal(vector.DeriveKey(), context, vector.PlaintextBytes, EnvelopeVector.DataKey, EnvelopeVector.Nonce);
        Assert.Equal(EnvelopeVector.BoundSealedHex, Convert.ToHexStringLower(envelope));
    }

    [Fact]
    public void A_data_key_is_wrapped_as_RFC_5649_says()
    {
        // The vectors in the RFC have keys of 192 bits. This one is from id-aes256-wrap-pad of OpenSSL: the wrapped key in the first envelope.
        var key = EnvelopeVector.All[0].DeriveKey();
        var wrapped = new byte[KeyEncryptionKey.WrappedSize];
        key.Wrap(EnvelopeVector.DataKey, wrapped);
        Assert.Equal("1595efc1ef6238aaf90a6eec532a89f4f1b8105237af8ee70573d4bc8edba996fa195ec73ae37fdc", Convert.ToHexStringLower(wrapped));
        var unwrapped = new byte[KeyEncryptionKey.Size];
        key.Unwrap(wrapped, unwrapped);
        Assert.Equal(EnvelopeVector.DataKey, unwrapped);
    }

    [Fact]
    public void The_design_document_holds_the_test_vectors()
    {
        var document = File.ReadAllText(Path.Combine(Harness.SourceTree.Root, "docs", "design", "envelope.md")).ReplaceLineEndings("");
        Assert.All(EnvelopeVector.All, vector =>
        {
            Assert.Contains(vector.SealedHex, document, StringComparison.Ordinal);
            Assert.Contains(vector.IdHex, document, StringComparison.Ordinal);
            Assert.Contains(vector.CheckHex, document, StringComparison.Ordinal);
        });
        Assert.Contains(EnvelopeVector.BoundSealedHex, document, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_of_another_length_is_not_unwrapped()
    {
        var key = TestKeys.Key(1);
        Assert.ThrowsAny<CryptographicException>(() => key.Unwrap(Wrap(new byte[31]), new byte[KeyEncryptionKey.Size]));

        byte[] Wrap(byte[] dataKey)
        {
            var wrapped = new byte[KeyEncryptionKey.WrappedSize];
            key.Wrap(dataKey, wrapped);
            return wrapped;
        }
    }
}
