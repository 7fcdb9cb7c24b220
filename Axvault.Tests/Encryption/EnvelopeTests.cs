using System.Security.Cryptography;
using Axvault.Api.Encryption;
using Axvault.Tests.Authorization;
using CsCheck;
using static Axvault.Tests.Encryption.TestKeys;

namespace Axvault.Tests.Encryption;

public sealed class EnvelopeTests
{
    private const int HeaderSize = 49;
    private const int Overhead = 77;

    private static readonly byte[] Plaintext = """{"accessToken":"canary-a","refreshToken":"canary-r"}"""u8.ToArray();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(1024 * 1024)]
    public void A_sealed_envelope_opens(int length)
    {
        var plaintext = RandomNumberGenerator.GetBytes(length);
        var envelope = Envelope.Seal(Ring(1), Context(), plaintext);
        Assert.Equal(Overhead + length, envelope.Length);
        Assert.Equal(plaintext, Envelope.Open(Ring(1), Context(), envelope));
    }

    [Fact]
    public void Any_data_of_any_credential_opens_unchanged() =>
        Gen.Select(Gen.Byte.Array, AccessGen.Name, Gen.Guid)
            .Sample(
                static (plaintext, name, row) =>
                {
                    var context = new EnvelopeContext(row, name);
                    return Envelope.Open(Ring(1), context, Envelope.Seal(Ring(1), context, plaintext)).SequenceEqual(plaintext);
                }
            );

    [Fact]
    public void Envelopes_of_the_same_data_share_only_the_version_and_the_key_id()
    {
        var ring = Ring(1);
        var envelopes = Enumerable.Range(0, 200).Select(_ => Envelope.Seal(ring, Context(), Plaintext)).ToList();
        foreach (
            var part in new[]
            {
                9..HeaderSize,
                HeaderSize..(HeaderSize + 12),
                (HeaderSize + 12)..(HeaderSize + 12 + Plaintext.Length),
                (HeaderSize + 12 + Plaintext.Length)..(Overhead + Plaintext.Length),
            }
        )
        {
            Assert.Equal(envelopes.Count, envelopes.Select(envelope => Convert.ToHexString(envelope[part])).Distinct().Count());
        }

        Assert.Single(envelopes.Select(static envelope => Convert.ToHexString(envelope[..9])).Distinct());

        // No byte after the key id is constant: each takes many values over 200 envelopes.
        for (var i = 9; i < Overhead + Plaintext.Length; i++)
        {
            Assert.InRange(envelopes.Select(envelope => envelope[i]).Distinct().Count(), 50, 200);
        }
    }

    [Fact]
    public void No_piece_of_the_plaintext_is_in_the_envelope()
    {
        var envelope = Envelope.Seal(Ring(1), Context(), Plaintext);
        for (var i = 0; i + 6 <= Plaintext.Length; i++)
        {
            Assert.Equal(-1, envelope.AsSpan().IndexOf(Plaintext.AsSpan(i, 6)));
        }
    }

    [Fact]
    public void An_envelope_opens_for_its_own_row_and_name_only()
    {
        var (row, other) = (Guid.NewGuid(), Guid.NewGuid());
        var envelope = Envelope.Seal(Ring(1), Context("a.b", row), Plaintext);
        Assert.Equal(Plaintext, Envelope.Open(Ring(1), Context("a.b", row), envelope));
        Assert.Equal(EnvelopeFault.NotAuthentic, FaultOf(Ring(1), Context("a.b", other), envelope));
        foreach (var name in new[] { "a.c", "a.B", "A.b", "a.", "a", "a.bb", "b", "a-b" })
        {
            Assert.Equal(EnvelopeFault.NotAuthentic, FaultOf(Ring(1), Context(name, row), envelope));
        }
    }

    [Fact]
    public void A_renewed_envelope_opens_only_with_the_new_key_and_shares_no_part_with_the_old()
    {
        var context = Context("a.b", Guid.NewGuid());
        var before = Envelope.Seal(Ring(1), context, Plaintext);

        var after = Envelope.Renew(Ring(2, 1), context, before);

        Assert.Equal(Plaintext, Envelope.Open(Ring(2), context, after));
        Assert.Equal(Key(2).Id, Envelope.KekOf(after));
        Assert.False(after.AsSpan(9, 40).SequenceEqual(before.AsSpan(9, 40)));
        Assert.False(after.AsSpan(49, 12).SequenceEqual(before.AsSpan(49, 12)));
        Assert.Same(after, Envelope.Renew(Ring(2, 1), context, after));
    }

    [Fact]
    public void An_envelope_that_does_not_open_is_not_renewed()
    {
        var (row, other) = (Context("a.b", Guid.NewGuid()), Context("a.c", Guid.NewGuid()));
        var envelope = Envelope.Seal(Ring(1), row, Plaintext);

        Assert.Equal(EnvelopeFault.UnknownKek, Assert.Throws<EnvelopeException>(() => Envelope.Renew(Ring(2), row, envelope)).Fault);
        Assert.Equal(EnvelopeFault.NotAuthentic, Assert.Throws<EnvelopeException>(() => Envelope.Renew(Ring(2, 1), other, envelope)).Fault);
        Assert.Equal(EnvelopeFault.UnknownFormat, Assert.Throws<EnvelopeException>(() => Envelope.Renew(Ring(2, 1), row, [1, 2, 3])).Fault);
        Assert.Null(Envelope.KekOf([1, 2, 3]));
    }

    [Fact]
    public void An_envelope_with_any_single_bit_flipped_does_not_open()
    {
        var envelope = Envelope.Seal(Ring(1), Context(), Plaintext);
        for (var bit = 0; bit < envelope.Length * 8; bit++)
        {
            var changed = envelope.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(
                (bit / 8) switch
                {
                    0 => EnvelopeFault.UnknownFormat,
                    <= 8 => EnvelopeFault.UnknownKek,
                    _ => EnvelopeFault.NotAuthentic,
                },
                FaultOf(Ring(1), Context(), changed)
            );
        }
    }

    [Fact]
    public void An_envelope_with_any_bytes_changed_does_not_open()
    {
        var envelope = Envelope.Seal(Ring(1), Context(), Plaintext);
        Gen.Select(Gen.Int[0, envelope.Length - 1], Gen.Byte.Array[1, 20])
            .Sample(
                (at, bytes) =>
                {
                    var changed = envelope.ToArray();
                    bytes.AsSpan(0, Math.Min(bytes.Length, changed.Length - at)).CopyTo(changed.AsSpan(at));
                    return changed.AsSpan().SequenceEqual(envelope) || FaultOf(Ring(1), Context(), changed) is not null;
                }
            );
    }

    [Fact]
    public void An_envelope_that_is_cut_or_extended_does_not_open()
    {
        var envelope = Envelope.Seal(Ring(1), Context(), Plaintext);
        for (var length = 0; length < envelope.Length; length++)
        {
            Assert.Equal(length < Overhead ? EnvelopeFault.UnknownFormat : EnvelopeFault.NotAuthentic, FaultOf(Ring(1), Context(), envelope[..length]));
        }

        Assert.Equal(EnvelopeFault.NotAuthentic, FaultOf(Ring(1), Context(), [.. envelope, 0]));
        Assert.NotNull(FaultOf(Ring(1), Context(), envelope[1..]));
        Assert.NotNull(FaultOf(Ring(1), Context(), [0, .. envelope]));
    }

    [Fact]
    public void Parts_of_two_envelopes_of_one_credential_do_not_make_a_third()
    {
        var (first, second) = (Envelope.Seal(Ring(1), Context(), Plaintext), Envelope.Seal(Ring(1), Context(), Plaintext));
        for (var at = 10; at < first.Length; at++)
        {
            byte[] spliced = [.. first[..at], .. second[at..]];
            if (!spliced.AsSpan().SequenceEqual(first) && !spliced.AsSpan().SequenceEqual(second))
            {
                Assert.Equal(EnvelopeFault.NotAuthentic, FaultOf(Ring(1), Context(), spliced));
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(255)]
    public void An_envelope_of_another_version_is_told_apart_from_a_damaged_one(byte version)
    {
        var envelope = Envelope.Seal(Ring(1), Context(), Plaintext);
        envelope[0] = version;
        Assert.Equal(EnvelopeFault.UnknownFormat, FaultOf(Ring(1), Context(), envelope));
    }

    [Fact]
    public void An_envelope_under_a_key_that_is_not_in_the_ring_is_told_apart_from_a_damaged_one()
    {
        var envelope = Envelope.Seal(Ring(1), Context(), Plaintext);
        Assert.Equal(EnvelopeFault.UnknownKek, FaultOf(Ring(2, 3), Context(), envelope));
    }

    [Fact]
    public void An_envelope_that_names_another_key_of_the_ring_does_not_open()
    {
        var envelope = Envelope.Seal(Ring(1, 2), Context(), Plaintext);
        Key(2).Id.Write(envelope.AsSpan(1));
        Assert.Equal(EnvelopeFault.NotAuthentic, FaultOf(Ring(1, 2), Context(), envelope));
    }

    [Fact]
    public void A_data_key_rewrapped_under_another_key_does_not_open_as_the_header_is_bound()
    {
        var ring = Ring(1, 2);
        var envelope = Envelope.Seal(ring, Context(), Plaintext);
        Span<byte> dataKey = stackalloc byte[KeyEncryptionKey.Size];
        Key(1).Unwrap(envelope.AsSpan(9, KeyEncryptionKey.WrappedSize), dataKey);
        Key(2).Id.Write(envelope.AsSpan(1));
        Key(2).Wrap(dataKey, envelope.AsSpan(9, KeyEncryptionKey.WrappedSize));
        Assert.Equal(EnvelopeFault.NotAuthentic, FaultOf(ring, Context(), envelope));
    }

    [Fact]
    public void A_fault_reveals_nothing_about_the_plaintext()
    {
        var envelope = Envelope.Seal(Ring(1), Context("secret-name"), Plaintext);
        envelope[^1] ^= 1;
        var text = Assert.Throws<EnvelopeException>(() => Envelope.Open(Ring(1), Context("secret-name"), envelope)).ToString();
        Assert.DoesNotContain("canary", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-name", text, StringComparison.Ordinal);
    }

    private static readonly Guid Row = Guid.NewGuid();

    private static EnvelopeContext Context(string name = "claude.prod", Guid? row = null) => new(row ?? Row, Names.Name(name));
}
