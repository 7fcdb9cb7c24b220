using Axvault.Api.Audit;
using Axvault.Api.Audit.Chain;
using Axvault.Api.Encryption;
using Axvault.Tests.Encryption;

namespace Axvault.Tests.Audit;

/// <summary>How entries are bound to one another.</summary>
public sealed class AuditChainTests
{
    private static readonly KeyEncryptionKey Key = TestKeys.Key(1);
    private static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
    private static readonly ChainHead Start = new(0, Noon, AuditChain.Genesis("vault"));

    public static TheoryData<string> Columns => [.. Changes.Keys];

    private static Dictionary<string, Func<ChainedEntry, ChainedEntry>> Changes => new()
    {
        ["sequence"] = static entry => entry with { Sequence = entry.Sequence + 1 },
        ["time"] = static entry => entry with { At = entry.At.AddMilliseconds(1) },
        ["key"] = static entry => entry with { ChainKey = new KekId(entry.ChainKey.Value + 1) },
        ["mac"] = static entry => entry with { Mac = [.. entry.Mac[..31], (byte)(entry.Mac[31] ^ 1)] },
        ["action"] = static entry => entry with { Entry = entry.Entry with { Action = AuditAction.CredentialPut } },
        ["outcome"] = static entry => entry with { Entry = entry.Entry with { Outcome = "denied" } },
        ["key id"] = static entry => entry with { Entry = entry.Entry with { KeyId = null } },
        ["key name"] = static entry => entry with { Entry = entry.Entry with { KeyName = "somebody else" } },
        ["target"] = static entry => entry with { Entry = entry.Entry with { Target = "" } },
        ["client address"] = static entry => entry with { Entry = entry.Entry with { ClientAddress = "::2" } },
        ["user agent"] = static entry => entry with { Entry = entry.Entry with { UserAgent = null } },
        ["request id"] = static entry => entry with { Entry = entry.Entry with { RequestId = "2" } },
        ["trace id"] = static entry => entry with { Entry = entry.Entry with { TraceId = "1" } },
        ["reason"] = static entry => entry with { Entry = entry.Entry with { Reason = null } },
        ["server"] = static entry => entry with { Entry = entry.Entry with { Server = "other" } },
        ["a letter that moves to the next text"] = static entry => entry with { Entry = entry.Entry with { RequestId = "12", TraceId = "" } },
        ["an absent text that becomes empty"] = static entry => entry with { Entry = entry.Entry with { Target = entry.Entry.Target, KeyId = entry.Entry.KeyId + "\0" } },
    };

    [Fact]
    public void Entries_follow_one_another_from_the_genesis_on()
    {
        var entries = Link(3);

        Assert.Equal([1, 2, 3], entries.Select(static entry => entry.Sequence));
        var previous = Start.Mac;
        Assert.All(entries, entry =>
        {
            Assert.True(AuditChain.Follows(entry, previous, Key.AuditKey));
            previous = entry.Mac;
        });
        Assert.False(AuditChain.Follows(entries[2], entries[0].Mac, Key.AuditKey));
    }

    [Theory]
    [MemberData(nameof(Columns))]
    public void A_change_of_any_column_breaks_the_chain(string column)
    {
        var entry = Assert.Single(Link(1));

        Assert.True(AuditChain.Follows(entry, Start.Mac, Key.AuditKey));
        Assert.False(AuditChain.Follows(Changes[column](entry), Start.Mac, Key.AuditKey));
    }

    [Fact]
    public void Each_column_of_an_entry_is_one_that_a_change_is_tried_of() =>
        Assert.Equal(
            typeof(AuditEntry).GetProperties().Count(static property => property.Name != "EqualityContract") + typeof(ChainedEntry).GetProperties().Count(static property => property.Name is not "EqualityContract" and not "Entry"),
            Changes.Count - 2);

    [Fact]
    public void Another_key_and_another_vault_make_another_chain()
    {
        var entry = Assert.Single(Link(1));

        Assert.False(AuditChain.Follows(entry, Start.Mac, TestKeys.Key(2).AuditKey));
        Assert.False(AuditChain.Follows(entry, AuditChain.Genesis("another vault"), Key.AuditKey));
    }

    [Fact]
    public void The_format_is_the_documented_one()
    {
        // HMAC-SHA-256 of the bytes that docs/design/audit.md lays out, computed by hand: a change of format must be a new format.
        var entry = Assert.Single(AuditChain.Link(
            new ChainHead(6, Noon, new byte[32]), [new AuditEntry("a", "b") { Target = "é", Server = "s" }], new byte[32], new KekId(0x0102030405060708), Noon));
        byte[] bytes =
        [
            1, .. new byte[32], 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 7, .. Microseconds(Noon),
            1, 0, 0, 0, 1, (byte)'a', 1, 0, 0, 0, 1, (byte)'b', 0, 0, 1, 0, 0, 0, 2, 0xc3, 0xa9, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, (byte)'s',
        ];

        Assert.Equal(System.Security.Cryptography.HMACSHA256.HashData(new byte[32], bytes), entry.Mac);
    }

    [Fact]
    public void Time_never_runs_backwards_along_the_chain()
    {
        var ahead = Start with { At = Noon.AddHours(1) };

        Assert.Equal(Noon.AddHours(1), Assert.Single(AuditChain.Link(ahead, [AuditLab.Entry("late clock")], Key.AuditKey, Key.Id, Noon)).At);
        Assert.Equal(Noon.AddHours(2), Assert.Single(AuditChain.Link(ahead, [AuditLab.Entry("right clock")], Key.AuditKey, Key.Id, Noon.AddHours(2).AddTicks(7))).At);
    }

    [Fact]
    public void An_anchor_is_read_as_it_was_written_and_cannot_be_forged()
    {
        var keys = new AuditKeys(Key.Id, new Dictionary<KekId, byte[]> { [Key.Id] = Key.AuditKey });
        var anchor = AuditAnchor.Of(Link(2)[1].ToHead(), keys);

        Assert.True(AuditAnchor.TryParse(anchor.ToString(), out var read));
        Assert.Equal(anchor.ToString(), read.ToString());
        Assert.True(read.IsAuthentic(keys));
        Assert.False((read with { Head = read.Head with { Sequence = 1 } }).IsAuthentic(keys));
        Assert.False((read with { Head = read.Head with { At = Noon.AddDays(1) } }).IsAuthentic(keys));
        Assert.False((read with { Head = read.Head with { Mac = new byte[32] } }).IsAuthentic(keys));
        Assert.False((read with { ChainKey = new KekId(1) }).IsAuthentic(keys));
        Assert.NotEqual(AuditChain.SealCut(read.Head, Key.AuditKey), read.Seal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("axa1")]
    [InlineData("axa1.1.1.0102030405060708.short.short")]
    [InlineData("axa2.1.1.0102030405060708.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("axa1.-1.1.0102030405060708.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("axa1.1.9999999999999999.0102030405060708.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_is_no_anchor_is_not_read_as_one(string? text) => Assert.False(AuditAnchor.TryParse(text, out _));

    [Theory]
    [InlineData("abc", 2, "ab")]
    [InlineData("ab😀", 3, "ab")]
    [InlineData("ab😀", 4, "ab😀")]
    [InlineData(null, 4, null)]
    public void A_text_too_long_is_cut_and_never_through_a_character(string? text, int length, string? cut) => Assert.Equal(cut, AuditEntry.Cut(text, length));

    private static List<ChainedEntry> Link(int count) =>
        AuditChain.Link(Start, Enumerable.Range(1, count).Select(static number => AuditLab.Entry($"{number}")), Key.AuditKey, Key.Id, Noon);

    private static byte[] Microseconds(DateTimeOffset time)
    {
        var bytes = new byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, time.ToUnixTimeMilliseconds() * 1000);
        return bytes;
    }
}
