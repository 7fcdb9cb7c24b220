using Axvault.Api.Encryption;
using Axvault.Api.Startup;
using Axvault.Tests.Authorization;
using Microsoft.Extensions.Configuration;
using static Axvault.Tests.Encryption.TestKeys;

namespace Axvault.Tests.Encryption;

public sealed class KeyRingTests
{
    private static readonly EnvelopeContext Context = new(Guid.NewGuid(), Names.Name("a"));

    [Fact]
    public void The_current_key_seals_and_every_key_opens()
    {
        var before = Envelope.Seal(Ring(1), Context, [1, 2, 3]);
        var rotated = Ring(2, 1, 0);
        var after = Envelope.Seal(rotated, Context, [4, 5]);
        Assert.Equal(Key(1).Id, KekId.Read(before.AsSpan(1)));
        Assert.Equal(Key(2).Id, KekId.Read(after.AsSpan(1)));
        Assert.Equal([1, 2, 3], Envelope.Open(rotated, Context, before));
        Assert.Equal([4, 5], Envelope.Open(rotated, Context, after));
        Assert.Equal([4, 5], Envelope.Open(Ring(1, 2), Context, after));
        Assert.Throws<EnvelopeException>(() => Envelope.Open(Ring(1), Context, after));
    }

    [Fact]
    public void A_ring_knows_the_ids_of_its_keys()
    {
        var ring = Ring(2, 1, 0);
        Assert.Equal(Key(2).Id, ring.Current.Id);
        Assert.Equal(Enumerable.Range(0, 3).Select(static n => Key(n).Id).ToHashSet(), ring.Ids.Select(static id => KekId.Read(id)).ToHashSet());
        Assert.True(ring.TryFind(Key(1).Id, out var found));
        Assert.Equal(Key(1).CheckValue, found.CheckValue);
        Assert.False(ring.TryFind(Key(3).Id, out _));
    }

    [Fact]
    public void A_key_that_is_given_twice_is_one_key() => Assert.Equal(2, Ring(1, 2, 1, 2).Ids.Length);

    [Fact]
    public void A_derived_ring_encrypts_with_the_configured_key()
    {
        var (current, first, second) = (new string('c', 32), new string('1', 32), new string('2', 32));
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("AXVAULT_ENCRYPTION_KEY", current), new("AXVAULT_ENCRYPTION_KEY_PREVIOUS", $"{first},{second}")])
            .Build();
        Assert.True(AxvaultOptions.TryRead(configuration, out var options, out _));
        var derivation = new KeyDerivation(new byte[32], 1);
        var ring = KeyRing.Derive(options.Encryption, derivation);
        Assert.Equal(derivation.Derive(System.Text.Encoding.UTF8.GetBytes(current)).Id, ring.Current.Id);
        Assert.Equal(3, ring.Ids.Length);
        Assert.True(ring.TryFind(derivation.Derive(System.Text.Encoding.UTF8.GetBytes(second)).Id, out _));
    }

    [Fact]
    public void The_same_secret_and_salt_always_give_the_same_key_and_any_other_gives_another()
    {
        var derivation = new KeyDerivation([1, 2, 3, 4], 2);
        var key = derivation.Derive("secret"u8);
        Assert.Equal(key.CheckValue, derivation.Derive("secret"u8).CheckValue);
        Assert.Equal(key.Id, derivation.Derive("secret"u8).Id);
        foreach (
            var other in new[]
            {
                derivation.Derive("secreT"u8),
                new KeyDerivation([1, 2, 3, 5], 2).Derive("secret"u8),
                new KeyDerivation([1, 2, 3, 4], 3).Derive("secret"u8),
            }
        )
        {
            Assert.NotEqual(key.Id, other.Id);
            Assert.NotEqual(key.CheckValue, other.CheckValue);
            Assert.Equal([7], Envelope.Open(new KeyRing(other), Context, Envelope.Seal(new KeyRing(other), Context, [7])));
        }
    }

    [Fact]
    public void A_new_vault_has_a_random_salt_and_a_slow_iteration_count()
    {
        var (first, second) = (KeyDerivation.Create(), KeyDerivation.Create());
        Assert.NotEqual(first.Salt, second.Salt);
        Assert.Equal(32, first.Salt.Length);
        Assert.Equal(600_000, first.Iterations);
    }

    [Fact]
    public void A_key_is_printed_as_its_id() => Assert.Equal(Key(1).Id.ToString(), Key(1).ToString());

    [Theory]
    [InlineData("0000000000000000")]
    [InlineData("00000000000000ff")]
    [InlineData("fedcba9876543210")]
    public void An_id_is_printed_as_it_was_read(string hex)
    {
        var id = KekId.Read(Convert.FromHexString(hex));
        Assert.Equal(hex, id.ToString());
        Assert.Equal(hex, Convert.ToHexStringLower(id.ToArray()));
    }
}
